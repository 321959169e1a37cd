import { ASKING } from '../asking.ts';

/** Shells for which there is completion. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * bash splits words at `:`, `=` and `@`, and replaces only what is behind the last of them: what is before is taken off
 * each word. Works with bash 3.2 or newer.
 */
const BASH = String.raw`# Completion of lab for bash; written by: lab completion bash
_lab() {
  local IFS=$' \t\n' line=${'$'}{COMP_LINE:0:COMP_POINT} answer how word before breaks item i
  local -a words
  COMPREPLY=()
  read -r -a words <<< "$line"
  [[ $line == *[[:space:]] ]] && words[${'$'}{#words[@]}]=
  word=${'$'}{words[${'$'}{#words[@]}-1]}
  answer=$("${'$'}{words[0]/#\~/$HOME}" ${ASKING} "${'$'}{words[@]:1}" 2>/dev/null) || return 0
  how=${'$'}{answer%%$'\n'*}
  breaks=${'$'}{COMP_WORDBREAKS//[^=:@]/}
  [[ -n $breaks ]] && before=${'$'}{word%"${'$'}{word##*[$breaks]}"}
  case $how in
    parts) type compopt >/dev/null 2>&1 && compopt -o nospace ;;
    files | folders)
      type compopt >/dev/null 2>&1 && compopt -o filenames
      IFS=$'\n'
      COMPREPLY=($(compgen -"$([[ $how == files ]] && echo f || echo d)" -- "${'$'}{word#"$before"}"))
      return 0
      ;;
  esac
  i=0
  while IFS= read -r item; do
    item=${'$'}{item%%$'\t'*}
    [[ $i -gt 0 && -n $item ]] && COMPREPLY[${'$'}{#COMPREPLY[@]}]=${'$'}{item#"$before"}
    i=$((i + 1))
  done <<< "$answer"
}
complete -F _lab lab
`;

const ZSH = String.raw`#compdef lab
# Completion of lab for zsh; written by: lab completion zsh
_lab() {
  local -a lines values told
  local how line
  lines=("${'$'}{(@f)$(${'$'}{(Q)words[1]/#\~/$HOME} ${ASKING} "${'$'}{(@Q)words[2,CURRENT-1]}" "${'$'}{(Q)PREFIX}" 2>/dev/null)}")
  how=$lines[1]
  case $how in
    files) _files; return ;;
    folders) _files -/; return ;;
  esac
  for line in "${'$'}{(@)lines[2,-1]}"; do
    [[ -n $line ]] || continue
    values+=("${'$'}{line%%$'\t'*}")
    told+=("${'$'}{line%%$'\t'*}${'$'}{${'$'}{line#*$'\t'}:+  -- ${'$'}{line#*$'\t'}}")
  done
  if [[ $how == parts ]]; then compadd -S '' -l -d told -a values; else compadd -l -d told -a values; fi
}
if [[ $funcstack[1] == _lab ]]; then
  _lab "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u }
  compdef _lab lab
fi
`;

const FISH = String.raw`# Completion of lab for fish; written by: lab completion fish
function __lab_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines ($words[1] ${ASKING} $words[2..-1] "$typed" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$typed"
        case folders
            __fish_complete_directories "$typed"
        case '*'
            printf '%s\n' $lines[2..-1]
    end
end
complete -c lab -f -a '(__lab_complete)'
`;

/** The script of each shell, which asks lab itself what may follow. */
export const scripts: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
