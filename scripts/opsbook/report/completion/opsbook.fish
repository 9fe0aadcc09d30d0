function __opsbook
    set -l line (commandline -opc) (commandline -ct)
    set -l found ($line[1] completion fish -- $line[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c opsbook -f -a '(__opsbook)'
