package productenvironment

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAServiceThatGivesAnyAnswerAnswers(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.Listener.Addr().String()
	if err := AskOverHTTP(t.Context(), address); err != nil {
		t.Error(err)
	}
	server.Close()
	if err := AskOverHTTP(t.Context(), address); err == nil {
		t.Error("nothing answers, and there is no error")
	}
	// One that takes connections and closes them does not answer.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			connection.Close()
		}
	}()
	if err := AskOverHTTP(t.Context(), listener.Addr().String()); err == nil {
		t.Error("a connection that is closed is taken for an answer")
	}
}
