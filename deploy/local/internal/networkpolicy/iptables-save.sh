#!/bin/sh
# Shows the controller its own rules alone, and none of its last synchronization: it makes all chains anew each time, and
# looks for the name of each old one in each rule, which took 7 s with 200 sessions.
rules=$(SAVE "$@") || exit 1
printf '%s\n' "$rules" | awk '
/^[*]|^COMMIT|^:KUBE-ROUTER-|^:KUBE-NWPLCY-DEFAULT |^-A KUBE-NWPLCY-DEFAULT / { print }
/^-A KUBE-ROUTER-/ && !/ -j KUBE-POD-FW-/ { print }'
