package sign

import "testing"

func TestBasic(t *testing.T) {
	for _, test := range []struct {
		header, user, password string
		given                  bool
	}{
		{"Basic a2V5OnNlY3JldA==", "key", "secret", true},
		{"basic a2V5OnM6ZWNyZXQ=", "key", "s:ecret", true},
		// One pair in either alphabet.
		{"Basic MTphYn4/Pg==", "1", "ab~?>", true},
		{"Basic MTphYn4_Pg==", "1", "ab~?>", true},
		{"Basic MTp+", "1", "~", true},
		{"Basic MTp-", "1", "~", true},
		{"Basic a2V5", "key", "", true},
		{"Basic !", "", "", true},
		{"Basic", "", "", true},
		{"Bearer a2V5OnNlY3JldA==", "", "", false},
		{"", "", "", false},
	} {
		if user, password, given := Basic(test.header); user != test.user || password != test.password || given != test.given {
			t.Errorf("%q: %q, %q, %v", test.header, user, password, given)
		}
	}
}
