/*
 * Preloaded into FRR's daemons, which request capabilities for features that no lab uses (SYS_ADMIN, for VRFs made of
 * network namespaces), and end if they cannot have them. With this library they request only those that are available.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/capability.h>
#include <sys/prctl.h>

/* As in libcap's sys/capability.h, where both kinds of flag are enumerations. */
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
