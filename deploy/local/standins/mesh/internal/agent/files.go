package agent

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"seaworthy/deploy/local/standins/mesh/internal/names"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// write moves a file to its place when it is whole.
func write(name string, content []byte) error {
	place := filepath.Join(proxyapi.Folder, name)
	if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(place+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(place+".new", place)
}

// claimedIdentity reads from a token whose it is; the control plane proves it.
func claimedIdentity(token []byte) (string, error) {
	parts := strings.Split(strings.TrimSpace(string(token)), ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("%s holds no token", names.TokenFile)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	claims := struct {
		Subject string `json:"sub"`
	}{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	namespace, account, ok := strings.Cut(strings.TrimPrefix(claims.Subject, "system:serviceaccount:"), ":")
	if !ok {
		return "", fmt.Errorf("%s is no ServiceAccount's token, but %q's", names.TokenFile, claims.Subject)
	}
	return names.Identity(account, namespace), nil
}
