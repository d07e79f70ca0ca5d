# A login shell greets and sets itself up like any other shell.
if [ -n "${BASH_VERSION-}" ] && [ -f /etc/bash.bashrc ]; then
	. /etc/bash.bashrc
fi
