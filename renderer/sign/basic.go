package sign

import (
	"encoding/base64"
	"strings"
)

// standardAlphabet writes base64 of the alphabet for URLs in the standard one.
var standardAlphabet = strings.NewReplacer("-", "+", "_", "/")

// Basic reads the user and the password of an Authorization header. given says that the header is of the scheme Basic; what cannot
// be read of one has no user and no password. Both alphabets of base64 are read: the Ruby SDK writes that for URLs, which
// net/http does not.
func Basic(authorization string) (user, password string, given bool) {
	scheme, encoded, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(standardAlphabet.Replace(encoded))
	if err != nil {
		return "", "", true
	}
	user, password, _ = strings.Cut(string(decoded), ":")
	return user, password, true
}
