# bash completion for llm-router and llm-sim. It asks the program's own --help, so that it knows
# what this version knows.
_llm_router() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} program=$1 command='' i help
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == [a-z]* && ${COMP_WORDS[i - 1]} != --* ]] && command=${COMP_WORDS[i]} && break
  done
  if [[ $before == --config || ($word != -* && $command == @(check|doctor)) ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  fi
  help=$("$program" ${command:+"$command"} --help 2>/dev/null)
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '^  (-h,)?--[a-z-]+' <<<"$help" | grep -oE '\--[a-z-]+')" -- "$word")
  elif [[ ! $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\).*/\1/p' <<<"$help")" -- "$word")
  fi
}
complete -F _llm_router llm-router llm-sim
