// Package apiserver starts a real etcd and kube-apiserver for tests: those of KUBEBUILDER_ASSETS where that is set,
// else those in the multi-call binary that hack/cluster builds.
package apiserver

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/darkroom-media/darkroom/test/port"
)

// ErrUnavailable says that this machine has neither. Tests skip on it, by name.
var ErrUnavailable = errors.New("no API server: set KUBEBUILDER_ASSETS, or build one with make cluster-build")

// startTimeout bounds how long each of both servers may take to start, as that of package postgres.
const startTimeout = 60 * time.Second

// assets is the variable of setup-envtest.
const assets = "KUBEBUILDER_ASSETS"

// Start brings the API server up with the CRDs of config/crd. The caller stops it. The wrappers that some setups need
// are written into folder, which must outlive the server.
func Start(folder string) (*envtest.Environment, error) {
	root, err := Repository()
	if err != nil {
		return nil, err
	}
	environment := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join(root, "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
		// One that envtest gives up goes on and keeps its port, so that no other try of its comes to anything: the first has to last
		// for the start on a busy machine.
		ControlPlaneStartTimeout: startTimeout,
	}
	if os.Getenv(assets) == "" {
		if err := wrap(filepath.Join(root, ".demo", "bin", "kubernetes"), folder); err != nil {
			return nil, err
		}
		environment.BinaryAssetsDirectory = folder
	}
	if err := listen(&environment.ControlPlane); err != nil {
		return nil, err
	}
	if _, err := environment.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the API server: %w", err), environment.Stop())
	}
	return environment, nil
}

// listen says where both servers listen. What envtest would find may be given to others before they start.
func listen(plane *envtest.ControlPlane) error {
	var addresses [3]string
	for i := range addresses {
		var err error
		if addresses[i], err = port.Free("127.0.0.1"); err != nil {
			return err
		}
	}
	plane.Etcd = &envtest.Etcd{URL: &url.URL{Scheme: "http", Host: addresses[0]}}
	plane.Etcd.Configure().Set("listen-peer-urls", "http://"+addresses[1])
	host, port, err := net.SplitHostPort(addresses[2])
	if err != nil {
		return err
	}
	plane.APIServer = &envtest.APIServer{}
	plane.APIServer.SecureServing.Address, plane.APIServer.SecureServing.Port = host, port
	return nil
}

// wrap writes the programs that envtest looks for, which call the multi-call binary by their own name.
func wrap(binary, folder string) error {
	if _, err := os.Stat(binary); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return ErrUnavailable
		}
		return err
	}
	for _, name := range []string{"etcd", "kube-apiserver"} {
		script := fmt.Sprintf("#!/bin/sh\nexec '%s' %s \"$@\"\n", binary, name)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(script), 0o755); err != nil {
			return fmt.Errorf("wrapping %s: %w", name, err)
		}
	}
	return nil
}

// Repository is the folder of go.mod, above this file.
func Repository() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("finding the repository: no caller")
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	return root, nil
}
