# SPDX-License-Identifier: Apache-2.0
# fish: completes pam-totp. It runs no pam-totp itself: what is set up is nothing for a terminal that completes.

set -l commands setup status verify add remove codes resync forget explain list unlock export edit init rekey rebind prune
set -l none '__fish_use_subcommand'
set -l any "__fish_seen_subcommand_from $commands"
set -l setup '__fish_seen_subcommand_from setup'
set -l token '__fish_seen_subcommand_from setup add'

complete -c pam-totp -f
complete -c pam-totp -n $none -a setup -d 'set up codes on a phone, or set them up anew'
complete -c pam-totp -n $none -a status -d 'what protects the account'
complete -c pam-totp -n $none -a verify -d 'try a code; it is used up by that'
complete -c pam-totp -n $none -a add -d 'one more phone or device, beside what is set up'
complete -c pam-totp -n $none -a remove -d 'take one token away, or the whole second factor'
complete -c pam-totp -n $none -a codes -d 'new backup codes; the old ones end'
complete -c pam-totp -n $none -a resync -d 'a device whose clock or counter is out of step'
complete -c pam-totp -n $none -a forget -d 'ask for a code everywhere again'
complete -c pam-totp -n $none -a explain -d 'who must give a code: which rule decides, and why'
complete -c pam-totp -n $none -a list -d 'root: everybody who has codes set up'
complete -c pam-totp -n $none -a unlock -d 'root: forget the wrong codes that were typed'
complete -c pam-totp -n $none -a export -d 'root: the keys of somebody\'s tokens'
complete -c pam-totp -n $none -a edit -d 'root: change the settings; mistakes are found first'
complete -c pam-totp -n $none -a init -d 'root: make the host key and the store'
complete -c pam-totp -n $none -a rekey -d 'root: a new host key, for all records'
complete -c pam-totp -n $none -a rebind -d 'root: the record of an account that has another name or uid now'
complete -c pam-totp -n $none -a prune -d 'root: remove the records that have no account any more'
complete -c pam-totp -n $none -a help -d 'say what there is'
complete -c pam-totp -n $none -l version -d 'say which this is'
complete -c pam-totp -s h -l help -d 'say what there is'
complete -c pam-totp -n '__fish_seen_subcommand_from help' -a "$commands"

complete -c pam-totp -n $any -s u -l user -x -a '(__fish_complete_users)' -d 'root: whose record'
complete -c pam-totp -n $any -l json -d 'facts for programs, on one line'
complete -c pam-totp -n $any -l store -x -a '(__fish_complete_directories)' -d 'another store'
complete -c pam-totp -n $any -l key -r -F -d 'another host key'
complete -c pam-totp -n $any -l conf -r -F -d 'other settings'

complete -c pam-totp -n $setup -l name -x -d 'what the token is called here'
complete -c pam-totp -n $setup -l codes-only -d 'backup codes and no token'
complete -c pam-totp -n $setup -l if-missing -d 'root: change nothing when codes are set up already'

complete -c pam-totp -n $token -l uri -d 'also print the otpauth URI'
complete -c pam-totp -n $token -l png -r -F -d 'also write the QR code as a PNG picture'
complete -c pam-totp -n $token -l svg -r -F -d 'also write the QR code as an SVG picture'
complete -c pam-totp -n $token -l algorithm -x -a 'sha1 sha256 sha512' -d 'sha1 with most apps'
complete -c pam-totp -n $token -l digits -x -a '6 7 8' -d '6 with most apps'
complete -c pam-totp -n $token -l period -x -d '15 to 120 seconds'
complete -c pam-totp -n $token -l hotp -d 'counter-based instead of time-based'
complete -c pam-totp -n $token -l counter -x -d 'where the device stands'
complete -c pam-totp -n $token -l issuer -x -d 'as the app shows it'
complete -c pam-totp -n $token -l secret-file -r -F -d 'a key in base32 instead of a new one'
complete -c pam-totp -n $token -l no-confirm -d 'root: without the proof by a code'

complete -c pam-totp -n '__fish_seen_subcommand_from explain' -l service -x -a '(ls /etc/pam.d)' -d 'of which login'
complete -c pam-totp -n '__fish_seen_subcommand_from explain' -l from -x -d 'from where'
complete -c pam-totp -n '__fish_seen_subcommand_from remove' -l all -d 'everything that is set up'
complete -c pam-totp -n '__fish_seen_subcommand_from rekey' -l drop-old -d 'drop the older keys, once nothing needs them'
complete -c pam-totp -n '__fish_seen_subcommand_from rebind' -l from -x -d 'the name that it had'
complete -c pam-totp -n '__fish_seen_subcommand_from prune' -l dry-run -d 'show them and remove nothing'
complete -c pam-totp -n '__fish_seen_subcommand_from prune' -l yes -d 'do not ask'
