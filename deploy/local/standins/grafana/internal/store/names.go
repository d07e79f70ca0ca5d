package store

import (
	"crypto/rand"
	"regexp"
	"strings"
)

var uidPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// NewUID makes a name that is a Kubernetes name too: it begins with a letter.
func NewUID() string { return "u" + strings.ToLower(rand.Text()[:13]) }

// IsUID says whether a text may be the uid of something.
func IsUID(text string) bool { return uidPattern.MatchString(text) }
