// Command kubectl is the Kubernetes client of exactly the version that the cluster under hack/cluster has, built
// from the module proxy because where this project is built there may be no download of a released one.
package main

import (
	"os"

	// Credential plugins of the cloud providers, so that a kubeconfig of one of their clusters works too.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		// The command's own errors are printed and turned into the exit code here, as the released binary does.
		util.CheckErr(err)
	}
	os.Exit(0)
}
