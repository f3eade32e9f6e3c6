package rules

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// CheckConnectionString says what is wrong with a PostgreSQL connection string: a URL such as
// postgres://user:password@host/database, or words such as host=a dbname=b. The error quotes nothing of it, since a
// password may be in it.
func CheckConnectionString(text string) error {
	if !strings.Contains(text, "://") {
		return checkConnectionWords(text)
	}
	parsed, err := url.Parse(text)
	if failure, ok := errors.AsType[*url.Error](err); ok {
		if strings.Contains(failure.Err.Error(), "userinfo") || strings.Contains(failure.Err.Error(), "port") {
			return errors.New("it is no URL; special characters of user and password must be escaped")
		}
		return errors.New("it is no URL")
	}
	switch {
	case err != nil:
		return errors.New("it is no URL")
	case parsed.Scheme != "postgres" && parsed.Scheme != "postgresql":
		return fmt.Errorf("its scheme is %s, not postgres", parsed.Scheme)
	case parsed.Host == "" && parsed.Query().Get("host") == "":
		return errors.New("it names no host")
	case strings.Trim(parsed.Path, "/") == "" && parsed.Query().Get("dbname") == "":
		return errors.New("it names no database")
	}
	return nil
}

// checkConnectionWords looks for what the words must have.
func checkConnectionWords(text string) error {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		if key, value, ok := strings.Cut(word, "="); ok && value != "" {
			words[key] = true
		}
	}
	for _, key := range []string{"host", "dbname"} {
		if !words[key] {
			return fmt.Errorf("it is neither a postgres:// URL nor words that name %s", key)
		}
	}
	return nil
}
