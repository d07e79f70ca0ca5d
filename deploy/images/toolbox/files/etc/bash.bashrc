# The shell of a lab's terminal. It stands in /etc, so that an empty home directory changes nothing.
[[ $- == *i* ]] || return
[[ -z ${SEAWORTHY_SHELL-} ]] || return 0
SEAWORTHY_SHELL=1

export LANG=C.UTF-8 EDITOR=nano KUBE_EDITOR=nano LESS=-FRX
HISTSIZE=5000 HISTFILESIZE=10000 HISTCONTROL=ignoreboth
shopt -s histappend checkwinsize globstar

namespace_file=/var/run/secrets/kubernetes.io/serviceaccount/namespace
if [[ -r $namespace_file ]]; then
	NAMESPACE=$(<"$namespace_file")
	export NAMESPACE
fi

# The prompt sign is red after a failed command.
seaworthy_prompt() {
	local failed=$?
	local sign='\[\e[32m\]'
	((failed == 0)) || sign='\[\e[31m\]'
	PS1="\[\e[36m\]${NAMESPACE:-lab}\[\e[0m\] \[\e[34m\]\w\[\e[0m\] ${sign}\\$\[\e[0m\] "
}
PROMPT_COMMAND='seaworthy_prompt; history -a'

alias k=kubectl ll='ls -l --color=auto' ls='ls --color=auto' grep='grep --color=auto' vim=vi

if [[ -r /usr/share/bash-completion/bash_completion ]]; then
	. /usr/share/bash-completion/bash_completion
	. /etc/bash_completion.d/kubectl
	complete -o default -F __start_kubectl k
fi

if [[ -z ${TMUX_PANE-} || $TMUX_PANE == %0 ]] && [[ ! -e ~/.greeted ]]; then
	cat <<GREETING
Your namespace is ${NAMESPACE:-the one of this pod}. kubectl (or k) is set to it.
Also here: helm, linkerd, lablogs, curl, jq, nano, vi. Tab completes their names.
~/demo has a system of services to deploy and break, ~/charts a Prometheus and a Grafana to install; each has a README.md.

GREETING
	: >~/.greeted 2>/dev/null || true
fi
