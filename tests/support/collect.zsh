# SPDX-License-Identifier: Apache-2.0
# The start-up file of a zsh that completes each line of $LINES_TO_TRY, writes what it found to $FOUND, a line each
# with tabs between, and ends.
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit
compinit -u -D
typeset -ga seen

# Every match goes through compadd; with -O, -A or -D it only counts.
compadd() {
  local -a found
  if [[ " $*" != *' -'[OAD]* ]]; then
    builtin compadd -A found "$@"
    seen+=($found)
  fi
  builtin compadd "$@"
}
collect() { seen=(); _main_complete; }
zle -C collect list-choices collect

zle-line-init() {
  local line
  for line in "${(@f)LINES_TO_TRY}"; do
    BUFFER=$line CURSOR=$#line
    zle collect
    print -r -- "${(pj:\t:)seen}" >>$FOUND
  done
  exit
}
zle -N zle-line-init
