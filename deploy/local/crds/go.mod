// The module that Emissary's custom resource definitions are taken from. It stands alone, because nothing of it is
// compiled, and its own requirements are years older than the cluster's.
module seaworthy/deploy/local/crds

go 1.26

require github.com/emissary-ingress/emissary/v3 v3.9.1
