package config

import (
	"encoding/json"
	"fmt"
)

// KeysFile is the entry of the keys Secret that holds all enabled access keys of an environment.
const KeysFile = "keys.json"

// Key is one enabled access key as the operator hands it to the renderer.
type Key struct {
	// Name is the AccessKey's spec.name, or its object name.
	Name      string `json:"name"`
	APIKey    string `json:"apiKey"`
	APISecret string `json:"apiSecret"`
	// AdminSignatures is the AccessKey's spec.adminSignatures.
	AdminSignatures bool `json:"adminSignatures,omitempty"`
	// Webhooks says that the AccessKey's spec.dedicatedFor has webhooks.
	Webhooks bool `json:"webhooks,omitempty"`
}

// MarshalKeys writes KeysFile, oldest key first.
func MarshalKeys(keys []Key) ([]byte, error) { return json.Marshal(keys) }

// ParseKeys reads KeysFile. Errors never quote the content, which is secret.
func ParseKeys(b []byte) ([]Key, error) {
	var keys []Key
	if err := json.Unmarshal(b, &keys); err != nil {
		return nil, fmt.Errorf("%s is not a JSON list of keys", KeysFile)
	}
	for i, key := range keys {
		if key.APIKey == "" || key.APISecret == "" {
			return nil, fmt.Errorf("%s: entry %d lacks apiKey or apiSecret", KeysFile, i)
		}
	}
	return keys, nil
}
