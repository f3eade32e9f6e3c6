package sign

import "testing"

// TestNotification uses the vectors of the SDKs' own tests, and of the documentation.
func TestNotification(t *testing.T) {
	for name, test := range map[string]struct {
		body      string
		timestamp int64
		secret    string
		algorithm Algorithm
		want      string
	}{
		"SDK":           {`{"public_id":"117e5550-7bfa-11e4-80d7-f962166bd3be","version":1417727468}`, 1417727468, "shhh", SHA1, "bac927006d3ce039ef7632e2c03189348d02924a"},
		"documentation": {`{public_id: 'sample'}`, 1315060510, "abcd", SHA1, "25f7e91709c858b97d688ce8da799dedb290d9ef"},
		"SHA-256": {
			`{"public_id":"b8sjhoslj8cq8ovoa0ma","version":"1555337587","width":1000,"height":800}`, 7952342400000, "hardcoded", SHA256,
			"6c5a29fd8815772fbac2f10ae741e093d0859313947ef8fadeb29126ded6649c",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Notification([]byte(test.body), test.timestamp, test.secret, test.algorithm); got != test.want {
				t.Errorf("signed %s, want %s", got, test.want)
			}
			if Notification([]byte(test.body+" "), test.timestamp, test.secret, test.algorithm) == test.want ||
				Notification([]byte(test.body), test.timestamp+1, test.secret, test.algorithm) == test.want {
				t.Error("another body or time has the same signature")
			}
		})
	}
}
