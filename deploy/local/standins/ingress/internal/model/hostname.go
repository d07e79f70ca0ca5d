package model

import "strings"

// Overlap tells whether some name could match both globs: Emissary's globs have a star at the start or at the end.
func Overlap(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if a == "*" || b == "*" {
		return true
	}
	aSuffix, aHead := strings.CutPrefix(a, "*")
	bSuffix, bHead := strings.CutPrefix(b, "*")
	aPrefix, aTail := strings.CutSuffix(a, "*")
	bPrefix, bTail := strings.CutSuffix(b, "*")
	switch {
	case aHead && bHead:
		return strings.HasSuffix(aSuffix, bSuffix) || strings.HasSuffix(bSuffix, aSuffix)
	case aTail && bTail:
		return strings.HasPrefix(aPrefix, bPrefix) || strings.HasPrefix(bPrefix, aPrefix)
	case aHead && bTail, aTail && bHead:
		return true
	case aHead:
		return len(b) > len(aSuffix) && strings.HasSuffix(b, aSuffix)
	case bHead:
		return len(a) > len(bSuffix) && strings.HasSuffix(a, bSuffix)
	case aTail:
		return len(b) > len(aPrefix) && strings.HasPrefix(b, aPrefix)
	case bTail:
		return len(a) > len(bPrefix) && strings.HasPrefix(a, bPrefix)
	}
	return a == b
}

// labelsMatch tells whether the labels have every pair that is asked for.
func labelsMatch(wanted, labels map[string]string) bool {
	for name, value := range wanted {
		if has, found := labels[name]; !found || has != value {
			return false
		}
	}
	return true
}
