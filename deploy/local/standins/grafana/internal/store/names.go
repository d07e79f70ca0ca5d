package store

import (
	"crypto/rand"
	"regexp"
)

const letters = "abcdefghijklmnopqrstuvwxyz"

var uidPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// NewUID makes a name that is a Kubernetes name too: it begins with a letter.
func NewUID() string {
	return randomText(1, letters) + randomText(13, letters+"0123456789")
}

// IsUID says whether a text may be the uid of something.
func IsUID(text string) bool { return uidPattern.MatchString(text) }

// randomText picks evenly from up to 64 characters.
func randomText(length int, alphabet string) string {
	text := make([]byte, 0, length)
	random := make([]byte, 64)
	for len(text) < length {
		_, _ = rand.Read(random) // it never fails: the runtime ends the process instead
		for _, value := range random {
			if int(value) < 256-256%len(alphabet) && len(text) < length {
				text = append(text, alphabet[int(value)%len(alphabet)])
			}
		}
	}
	return string(text)
}

// NewSecret makes a text that nobody can guess.
func NewSecret(length int) string {
	return randomText(length, letters+"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}
