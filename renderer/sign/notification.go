package sign

import "strconv"

// Notification is the signature of a notification: of the exact bytes of its body, and of its timestamp in Unix seconds.
// SDKs check it against the header X-Cld-Signature; SHA-1, lower-case hex.
func Notification(body []byte, timestamp int64, secret string) string {
	return hexDigest(sha1Sum, notification(body, timestamp)+secret)
}

func notification(body []byte, timestamp int64) string {
	return string(body) + strconv.FormatInt(timestamp, 10)
}
