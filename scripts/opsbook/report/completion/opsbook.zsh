(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
_opsbook() {
    local -a found shown
    local line
    for line in "${(@f)$(${words[1]} completion zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] || continue
        found+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  }")
    done
    (( $#found )) && compadd -U -V opsbook -l -d shown -a found || _files
}
compdef _opsbook opsbook
