#!/bin/sh
# Replaces the rules of policies in one step and leaves all others as they are: the controller would put back a whole table
# that it read a while ago, and undo what the Service proxy changed meanwhile.
wanted=$(cat)
current=$(SAVE -t filter) || exit 1
{ printf '%s\n' "$wanted"; echo '# current'; printf '%s\n' "$current"; } | awk '
/^# current$/ { is_current = 1; next }
!is_current { if (/^:/) wanted[substr($1, 2)] = 1; if (!/^COMMIT/) print; next }
/^:KUBE-POD-FW-|^:KUBE-NWPLCY-/ { chain = substr($1, 2); if (!(chain in wanted)) stale[++count] = chain }
END {
  for (i = 1; i <= count; i++) print "-F " stale[i]
  for (i = 1; i <= count; i++) print "-X " stale[i]
  print "COMMIT"
}' | RESTORE --noflush "$@"
