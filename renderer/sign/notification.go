package sign

import "strconv"

// Notification is the signature of a notification: of the exact bytes of its body, and of its timestamp in Unix seconds.
// SDKs check it against the header X-Cld-Signature by the algorithm that they sign with; lower-case hex.
func Notification(body []byte, timestamp int64, secret string, algorithm Algorithm) string {
	return hexDigest(digests[algorithm], notification(body, timestamp)+secret)
}

func notification(body []byte, timestamp int64) string {
	return string(body) + strconv.FormatInt(timestamp, 10)
}
