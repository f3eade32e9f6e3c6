package rules

import (
	"strings"
	"testing"
)

func TestCheckConnectionString(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://user:password@host/library":                 "",
		"postgresql://host:5432/library?sslmode=require":        "",
		"postgres:///library?host=/run/postgresql":              "",
		"host=db dbname=library user=a password=b":              "",
		"mysql://user:hunter2@host/library":                     "scheme is mysql",
		"postgres://user:hunter2@/library":                      "no host",
		"postgres://user:hunter2@host":                          "no database",
		"postgres://user:hunter2%@host/library":                 "no URL",
		"postgres://user:hunter2/3@host/library":                "no URL",
		"hunter2":                                               "neither a postgres:// URL",
		"host=db password=hunter2":                              "dbname",
		"postgres://user:hunter2@host:notaport/library":         "no URL",
		"postgres://user:hunter2#x@host/library":                "no URL",
		" postgres://user:hunter2@host/library":                 "no URL",
		"postgres://user:hunter2@host/library?dbname=elsewhere": "",
	} {
		err := CheckConnectionString(text)
		switch {
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("the error for %q quotes the password: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: error %v, want %s", text, err, want)
		case want == "" && err != nil:
			t.Errorf("%q: error %v", text, err)
		}
	}
}
