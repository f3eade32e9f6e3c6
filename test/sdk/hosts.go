package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"time"
)

// hostsAddress is where the hosts are stood in for: a loopback address of its own, because URLs without a port mean 443.
const hostsAddress = "127.77.0.1"

// hosts are web servers with names of the public Internet. The renderer finds them through the host aliases of its
// environment and trusts them through its CA bundle, as it would any inside network.
type hosts struct {
	*http.Server
	aliases   map[string]string
	authority string
}

// serveHosts serves files by their URLs without a scheme, over TLS.
func serveHosts(files map[string]string) (*hosts, error) {
	h := &hosts{aliases: map[string]string{}}
	mux := http.NewServeMux()
	var names []string
	for url, file := range files {
		name, _, _ := strings.Cut(url, "/")
		if h.aliases[name] == "" {
			h.aliases[name] = hostsAddress
			names = append(names, name)
		}
		mux.HandleFunc(url, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	}
	certificate, err := selfSigned(names)
	if err != nil {
		return nil, err
	}
	h.authority = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}))
	listener, err := net.Listen("tcp", net.JoinHostPort(hostsAddress, "443"))
	if err != nil {
		return nil, fmt.Errorf("standing in for public hosts: %w", err)
	}
	h.Server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_ = h.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}}))
	}()
	return h, nil
}

// selfSigned is a certificate for names that is its own authority.
func selfSigned(names []string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
