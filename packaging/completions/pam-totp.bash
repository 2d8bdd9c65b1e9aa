# SPDX-License-Identifier: Apache-2.0
# bash: completes pam-totp. It runs no pam-totp itself: what is set up is nothing for a terminal that completes.

_pam_totp_options() { # COMMAND
    local token='--uri --png --svg --algorithm --digits --period --hotp --counter --issuer --secret-file --no-confirm'
    case $1 in
        setup) echo "--name --codes-only --if-missing $token" ;;
        add) echo "$token" ;;
        remove) echo --all ;;
        explain) echo '--service --from' ;;
        report) echo '--service --from --group --all' ;;
        enable) echo '--key-and-code --password-and-code --group --except-group --undo-after --yes --dry-run' ;;
        disable) echo '--yes --dry-run' ;;
        keep) echo --unproved ;;
        undo) echo --at-deadline ;;
        check) echo '--root --restored' ;;
        rekey) echo --drop-old ;;
        rebind) echo --from ;;
        prune) echo '--dry-run --yes' ;;
    esac
    echo '-u --user --json --store --key --conf --help'
}

_pam_totp() {
    local commands='setup status verify add remove codes resync forget explain report check enable keep undo disable list unlock recover export edit init rekey rebind prune'
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=
    COMPREPLY=()
    # `--option=value` comes as three words.
    if [[ $word == = ]]; then
        word=
    elif [[ $before == = && $COMP_CWORD -gt 2 ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [[ $COMP_CWORD -eq 1 ]]; then
        words="$commands help --help --version"
    elif [[ ${COMP_WORDS[1]} == help ]]; then
        words=$commands
    elif [[ " $commands " == *" ${COMP_WORDS[1]} "* ]]; then
        case $before in
            -u | --user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
            --store | --root) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
            --key | --conf | --png | --svg | --secret-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
            --algorithm) words='sha1 sha256 sha512' ;;
            --digits) words='6 7 8' ;;
            --service) mapfile -t COMPREPLY < <(cd /etc/pam.d && compgen -f -- "$word") ;;
            --group | --except-group) mapfile -t COMPREPLY < <(compgen -g -- "$word") ;;
            --period | --counter | --issuer | --name | --from | --undo-after) ;;
            enable | disable) words="sshd sudo su login $(_pam_totp_options "${COMP_WORDS[1]}")" ;;
            *) words=$(_pam_totp_options "${COMP_WORDS[1]}") ;;
        esac
        case $before in
            --store | --root | --key | --conf | --png | --svg | --secret-file) compopt -o filenames 2>/dev/null ;;
        esac
    fi
    [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _pam_totp pam-totp
