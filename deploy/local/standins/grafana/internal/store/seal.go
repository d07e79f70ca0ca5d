package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Sealer encrypts secrets, so that the database file alone gives none away.
type Sealer struct{ aead cipher.AEAD }

// openSealer takes the key from the settings, or else from a file of the data folder, which it makes at first.
func openSealer(folder, secretKey string) (Sealer, error) {
	key := sha256.Sum256([]byte(secretKey))
	if secretKey == "" {
		content, err := readOrMakeKey(filepath.Join(folder, "secret.key"))
		if err != nil {
			return Sealer{}, err
		}
		key = sha256.Sum256(content)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return Sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Sealer{aead: aead}, err
}

func readOrMakeKey(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err == nil && len(content) < 32 {
		return nil, fmt.Errorf("%s is too short for a key", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	// Written beside its place first: half a key would make every secret unreadable.
	if err := os.WriteFile(path+".new", key, 0o600); err != nil {
		return nil, err
	}
	return key, os.Rename(path+".new", path)
}

// Seal encrypts one secret.
func (s Sealer) Seal(secret string) []byte {
	return s.aead.Seal(nil, nil, []byte(secret), nil)
}

// Unseal decrypts it.
func (s Sealer) Unseal(sealed []byte) (string, error) {
	secret, err := s.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return "", errors.New("a secret cannot be read with this key: was security.secret_key changed?")
	}
	return string(secret), nil
}
