package credentials

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
)

// Pair is an access key.
type Pair struct {
	// APIKey is 15 digits, public.
	APIKey string
	// APISecret is 27 URL-safe characters.
	APISecret string
}

// Complete says that both halves are there.
func (p Pair) Complete() bool { return p.APIKey != "" && p.APISecret != "" }

// NewPair reads a new key from random, which must be cryptographically strong.
func NewPair(random io.Reader) (Pair, error) {
	const firstKey, keys = 100_000_000_000_000, 900_000_000_000_000
	number, err := below(random, keys)
	if err != nil {
		return Pair{}, fmt.Errorf("generating an api_key: %w", err)
	}
	// 20 bytes are 27 characters of base64 without padding.
	secret := make([]byte, 20)
	if _, err := io.ReadFull(random, secret); err != nil {
		return Pair{}, fmt.Errorf("generating an api_secret: %w", err)
	}
	return Pair{
		APIKey:    fmt.Sprint(firstKey + number),
		APISecret: base64.RawURLEncoding.EncodeToString(secret),
	}, nil
}

// below is a uniform number in [0, limit). 128 random bits make the bias of the remainder negligible.
func below(random io.Reader, limit int64) (int64, error) {
	bits := make([]byte, 16)
	if _, err := io.ReadFull(random, bits); err != nil {
		return 0, err
	}
	number := new(big.Int).SetBytes(bits)
	return number.Mod(number, big.NewInt(limit)).Int64(), nil
}
