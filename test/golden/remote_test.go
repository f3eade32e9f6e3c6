package golden

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"image/png"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// remoteHost is the host of the remote pictures in the worked examples.
const remoteHost = "res.cloudinary.com"

// serveRemote answers for remoteHost over TLS, and lets an environment find it: one picture, logoPath.
func serveRemote() (stop func(), configure func(*catalog.Snapshot), err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{remoteHost}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	var logo bytes.Buffer
	if err := png.Encode(&logo, solid(120, 40, blue)); err != nil {
		return nil, nil, err
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != logoPath {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(logo.Bytes())
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
	server.StartTLS()
	return server.Close, func(snapshot *catalog.Snapshot) {
		snapshot.Environment.FetchHostAliases = map[string]string{remoteHost: strings.TrimPrefix(server.URL, "https://")}
		snapshot.Environment.FetchCABundle = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	}, nil
}

// logoPath is where the remote logo is.
const logoPath = "/demo/image/upload/logos/cloudinary_full_logo_blue_small.png"
