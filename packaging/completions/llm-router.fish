# fish completion for llm-router and llm-sim. It asks the program's own --help, so that it knows what
# this version knows.
function __llm_router_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -l command
    for word in $words[2..-1]
        if string match -qr '^[a-z]' -- $word
            set command $word
            break
        end
    end
    set -l help ($program $command --help 2>/dev/null)
    string replace -rf '^  (?:-h,)?(--[a-z-]+)(?: [A-Z:=.,\[\]0-9]+)* *(.*)' '$1\t$2' -- $help
    if test -z "$command"
        set -l listing 0
        for line in $help
            if test "$line" = Subcommands:
                set listing 1
            else if test -z "$line"
                set listing 0
            else if test $listing = 1
                string replace -rf '^  ([a-z-]+) +(.*)' '$1\t$2' -- $line
            end
        end
    end
end
complete -c llm-router -f -a '(__llm_router_complete)'
complete -c llm-router -l config -r -F
complete -c llm-router -n '__fish_seen_subcommand_from check doctor' -F
complete -c llm-sim -f -a '(__llm_router_complete)'
