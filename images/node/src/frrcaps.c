/*
 * Preloaded into FRR's daemons, which ask for capabilities that they need for features no lab uses (SYS_ADMIN, for
 * VRFs made of network namespaces), and end when they cannot have them. With this they ask for those that there are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/capability.h>
#include <sys/prctl.h>

/* As in libcap's sys/capability.h, where the two kinds of flag are enumerations. */
typedef int set_flag(void *caps, int set, int n, const int *list, int value);
set_flag cap_set_flag;

int cap_set_flag(void *caps, int set, int n, const int *list, int value) {
  static set_flag *real;
  int kept[CAP_LAST_CAP + 1], k = 0;
  if (!real) real = (set_flag *)dlsym(RTLD_NEXT, "cap_set_flag");
  for (int i = 0; i < n && k <= CAP_LAST_CAP; i++)
    if (prctl(PR_CAPBSET_READ, list[i], 0, 0, 0) == 1) kept[k++] = list[i];
  return k > 0 ? real(caps, set, k, kept, value) : 0;
}
