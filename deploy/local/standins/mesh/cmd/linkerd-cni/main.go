// Command linkerd-cni is a chained CNI plugin, a stand-in for Linkerd's: it leads the traffic of a meshed pod through the
// pod's proxy and does nothing for any other pod.
package main

import (
	"encoding/json"
	"fmt"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
)

// settings is the plugin's entry in the network configuration, with the files by which it reads pods from the API.
type settings struct {
	types.NetConf
	APIServer            string `json:"apiServer"`
	CertificateAuthority string `json:"certificateAuthority"`
	ClientCertificate    string `json:"clientCertificate"`
	ClientKey            string `json:"clientKey"`
}

// podArguments are what the container runtime says about the pod; the library finds the fields by these names.
type podArguments struct {
	types.CommonArgs
	K8S_POD_NAMESPACE types.UnmarshallableString
	K8S_POD_NAME      types.UnmarshallableString
}

func main() {
	nothing := func(*skel.CmdArgs) error { return nil }
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: nothing, Check: nothing}, version.All, "linkerd-cni, a stand-in for Linkerd's")
}

func add(arguments *skel.CmdArgs) error {
	conf := settings{}
	if err := json.Unmarshal(arguments.StdinData, &conf); err != nil {
		return fmt.Errorf("the network configuration is not JSON: %w", err)
	}
	if err := version.ParsePrevResult(&conf.NetConf); err != nil {
		return err
	}
	if conf.PrevResult == nil {
		return fmt.Errorf("linkerd-cni must come after a plugin that connects the pod")
	}
	if err := redirectIfMeshed(conf, arguments); err != nil {
		return err
	}
	result, err := current.NewResultFromResult(conf.PrevResult)
	if err != nil {
		return err
	}
	return types.PrintResult(result, conf.CNIVersion)
}
