package credentials

// Entries of the Secrets for apps. All are valid names of environment variables, so that envFrom takes them as they
// are. CLOUDINARY_CLOUD_NAME is left out on purpose: Python's SDK stops reading CLOUDINARY_URL where it is set.
const (
	EntryCloudinaryURL = "CLOUDINARY_URL"
	EntryUploadPrefix  = "DARKROOM_UPLOAD_PREFIX"
	EntryDeliveryURL   = "DARKROOM_DELIVERY_URL"
	EntryCloudName     = "cloud_name"
	EntryAPIKey        = "api_key"
	EntryAPISecret     = "api_secret"
	// EntryType and EntryProvider are the entries that the Service Binding convention asks for.
	EntryType     = "type"
	EntryProvider = "provider"
)

// Entries are the entries of a Secret for apps.
func Entries(endpoint Endpoint, pair Pair) map[string][]byte {
	return map[string][]byte{
		EntryCloudinaryURL: []byte(endpoint.CloudinaryURL(pair)),
		EntryUploadPrefix:  []byte(endpoint.UploadPrefix),
		EntryDeliveryURL:   []byte(endpoint.DeliveryURL()),
		EntryCloudName:     []byte(endpoint.CloudName),
		EntryAPIKey:        []byte(pair.APIKey),
		EntryAPISecret:     []byte(pair.APISecret),
		EntryType:          []byte("cloudinary"),
		EntryProvider:      []byte("darkroom"),
	}
}

// PairOf reads the key back from the entries of a Secret for apps; halves that are missing stay empty.
func PairOf(entries map[string][]byte) Pair {
	return Pair{APIKey: string(entries[EntryAPIKey]), APISecret: string(entries[EntryAPISecret])}
}
