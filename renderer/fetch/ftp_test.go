package fetch

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	ftpserver "github.com/fclairamb/ftpserverlib"
	"github.com/spf13/afero"
)

// ftpFiles is an FTP server whose users all have the same files.
type ftpFiles struct {
	afero.Fs
	listener net.Listener
	users    map[string]string
}

func (f *ftpFiles) GetSettings() (*ftpserver.Settings, error) {
	return &ftpserver.Settings{Listener: f.listener, DisableActiveMode: true}, nil
}
func (f *ftpFiles) ClientConnected(ftpserver.ClientContext) (string, error) { return "ready", nil }
func (f *ftpFiles) ClientDisconnected(ftpserver.ClientContext)              {}
func (f *ftpFiles) GetTLSConfig() (*tls.Config, error)                      { return nil, errors.New("no TLS") }
func (f *ftpFiles) AuthUser(_ ftpserver.ClientContext, user, password string) (ftpserver.ClientDriver, error) {
	if f.users[user] != password {
		return nil, errors.New("who are you?")
	}
	return f.Fs, nil
}

// serveFTP starts a real server with some files, and gives its address.
func serveFTP(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	files := &ftpFiles{Fs: afero.NewMemMapFs(), listener: listener, users: map[string]string{"anonymous": "anonymous", "me": "p@ss"}}
	for name, content := range map[string]string{"/pub/ä b.txt": "hello", "/large": strings.Repeat("x", 1<<20), "/empty": ""} {
		if err := afero.WriteFile(files, name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := ftpserver.NewFtpServer(files)
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve() }()
	t.Cleanup(func() {
		if err := errors.Join(server.Stop(), <-ended); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// getFTP fetches all of a file.
func getFTP(t *testing.T, f *Fetcher, rawURL string, maxBytes int64) (string, *Response, error) {
	t.Helper()
	response, err := f.GetFTP(t.Context(), rawURL, maxBytes)
	if err != nil {
		return "", nil, err
	}
	data, err := io.ReadAll(response.Body)
	if closeErr := response.Body.Close(); closeErr != nil {
		t.Errorf("closing: %v", closeErr)
	}
	return string(data), response, err
}

func TestFilesOfAnFTPServer(t *testing.T) {
	address := serveFTP(t)
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	for path, want := range map[string]int{"pub/%C3%A4%20b.txt": 5, "%2Fpub/%C3%A4%20b.txt": 5, "large": 1 << 20, "empty": 0} {
		for _, user := range []string{"", "me:p%40ss@"} {
			content, response, err := getFTP(t, f, "ftp://"+user+address+"/"+path, 1<<20)
			if err != nil || len(content) != want || response.Length != int64(want) || response.FinalURL != "ftp://"+address+"/"+path {
				t.Errorf("%s%s: %d bytes, %+v, %v", user, path, len(content), response, err)
			}
		}
	}
	_, _, err := getFTP(t, f, "ftp://"+address+"/large", 1<<20-1)
	wantProblem(t, err, http.StatusBadRequest, false, "File size too large. Got 1048576. Maximum is 1048575.")
	_, _, err = getFTP(t, f, "ftp://"+address+"/missing", 100)
	wantProblem(t, err, http.StatusNotFound, false, "Error in loading ftp://"+address+"/missing - the server answered 550")
	_, _, err = getFTP(t, f, "ftp://me:wrong@"+address+"/large", 100)
	wantProblem(t, err, http.StatusNotFound, false, "Error in loading ftp://"+address+"/large - the server answered 530")
}

func TestFTPGoesWhereHTTPMay(t *testing.T) {
	address := serveFTP(t)
	host, port, _ := net.SplitHostPort(address)
	_, _, err := getFTP(t, newFetcher(t, Options{}), "ftp://"+address+"/large", 1<<20)
	wantProblem(t, err, http.StatusBadRequest, false, "Error in loading ftp://"+address+"/large - the host 127.0.0.1 is not allowed: its address is not public")
	if !IsRefused(err) {
		t.Errorf("%v is no refusal", err)
	}
	_, _, err = getFTP(t, newFetcher(t, Options{AllowedCIDRs: opened, AllowedDomains: []string{"example.com"}}), "ftp://"+address+"/large", 1<<20)
	wantProblem(t, err, http.StatusBadRequest, false, "Error in loading ftp://"+address+"/large - the host 127.0.0.1 is not allowed: its domain is not allowed")
	// What the owner has given a name may be reached by it, for data, too.
	aliased := newFetcher(t, Options{HostAliases: map[string]string{"files.example.com": host}})
	content, _, err := getFTP(t, aliased, "ftp://files.example.com:"+port+"/large", 1<<20)
	if err != nil || len(content) != 1<<20 {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	for path, reason := range map[string]string{"": "invalid URL", "a%0D%0ADELE%20large": "invalid URL", "%00": "invalid URL"} {
		_, _, err = getFTP(t, newFetcher(t, Options{AllowedCIDRs: opened}), "ftp://"+address+"/"+path, 100)
		wantProblem(t, err, http.StatusBadRequest, false, "Error in loading ftp://"+address+"/"+path+" - "+reason)
	}
	_, _, err = getFTP(t, aliased, "ftp:///a", 100)
	wantProblem(t, err, http.StatusBadRequest, false, "Error in loading ftp:///a - the URL names no host")
}

// deceiver is an FTP server that keeps to the protocol as far as it is told.
func deceiver(t *testing.T, answers map[string]string, data func(net.Conn)) string {
	t.Helper()
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	passive, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = control.Close(), passive.Close() })
	port := passive.Addr().(*net.TCPAddr).Port
	go func() {
		for {
			conn, err := passive.Accept()
			if err != nil {
				return
			}
			data(conn)
		}
	}()
	go func() {
		for {
			conn, err := control.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.WriteString(conn, "220 ready\r\n")
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					command, _, _ := strings.Cut(lines.Text(), " ")
					answer, ok := answers[command]
					if !ok {
						answer = "500 what?"
					}
					_, _ = io.WriteString(conn, strings.NewReplacer("PORT", fmt.Sprintf("%d,%d", port/256, port%256)).Replace(answer)+"\r\n")
				}
			}()
		}
	}()
	return control.Addr().String()
}

func TestDeceitfulFTPServers(t *testing.T) {
	send := func(content string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = io.WriteString(conn, content)
			_ = conn.Close()
		}
	}
	answers := func(retrieved string) map[string]string {
		// Data is said to come from elsewhere; that it is not fetched from there is why it arrives.
		return map[string]string{"USER": "230 in", "TYPE": "200 fine", "PASV": "227 Entering Passive Mode (10,1,2,3,PORT)", "RETR": retrieved}
	}
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	hasty := newFetcher(t, Options{AllowedCIDRs: opened, Timeout: 300 * time.Millisecond})
	content, _, err := getFTP(t, f, "ftp://"+deceiver(t, answers("150 here\r\n226 done"), send("hello"))+"/a", 100)
	if err != nil || content != "hello" {
		t.Errorf("%q, %v", content, err)
	}
	_, _, err = getFTP(t, f, "ftp://"+deceiver(t, answers("150 here\r\n226 done"), send("hello"))+"/a", 4)
	wantProblem(t, err, http.StatusBadRequest, false, "File size too large. Got 5. Maximum is 4.")
	for title, test := range map[string]struct {
		fetcher   *Fetcher
		retrieved string
		data      func(net.Conn)
		reason    string
	}{
		"a file that is cut":        {f, "150 here\r\n426 broken", send("hel"), "the connection failed"},
		"a file that stops":         {hasty, "150 here", func(conn net.Conn) { _, _ = io.WriteString(conn, "hel") }, "the server is too slow"},
		"a file without an end":     {hasty, "150 here", send("hello"), "the server is too slow"},
		"a server that is too busy": {f, "450 later", send(""), "the server answered 450"},
	} {
		t.Run(title, func(t *testing.T) {
			address := deceiver(t, answers(test.retrieved), test.data)
			_, _, err := getFTP(t, test.fetcher, "ftp://"+address+"/a", 100)
			wantProblem(t, err, http.StatusBadGateway, true, "Error in loading ftp://"+address+"/a - "+test.reason)
		})
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, _, err = getFTP(t, hasty, "ftp://"+silent.Addr().String()+"/a", 100)
	wantProblem(t, err, http.StatusBadGateway, true, "Error in loading ftp://"+silent.Addr().String()+"/a - the server is too slow")
}
