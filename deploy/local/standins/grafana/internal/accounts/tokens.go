package accounts

import (
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"regexp"
	"strings"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Token lets a program act as a service account. Its key is shown once and stored hashed.
type Token struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	AccountID int64      `json:"accountId"`
	Hash      string     `json:"hash"`
	Created   time.Time  `json:"created"`
	Expires   *time.Time `json:"expires,omitempty"`
}

// HasExpired says whether its time is over.
func (t *Token) HasExpired() bool { return t.Expires != nil && time.Now().After(*t.Expires) }

var (
	tokens       = store.Table[Token]("tokens")
	loginPattern = regexp.MustCompile(`[^a-z0-9]+`)
)

// AddService makes a service account.
func (a *Accounts) AddService(name string, role Role, isDisabled bool) (*Account, error) {
	if role == "" {
		role = Viewer
	}
	if name == "" || !role.IsKnown() {
		return nil, problem.New(http.StatusBadRequest, "bad request data: a service account needs a name, and a role of Viewer, Editor, Admin or None")
	}
	login := "sa-1-" + strings.Trim(loginPattern.ReplaceAllString(strings.ToLower(name), "-"), "-")
	one := &Account{Login: login, Name: name, Role: role, IsDisabled: isDisabled, IsService: true}
	return one, a.store.Write(func(tx *store.Tx) error {
		same, err := table.Find(tx, func(other *Account) bool { return other.IsService && other.Login == login })
		if same != nil {
			return problem.Typed(http.StatusBadRequest, "serviceaccounts.ErrAlreadyExists", "service account already exists")
		}
		return errors.Join(err, a.add(tx, one, ""))
	})
}

// AddToken makes a token and gives its key.
func (a *Accounts) AddToken(accountID int64, name string, lifetime time.Duration) (*Token, string, error) {
	if name == "" || lifetime < 0 {
		return nil, "", problem.New(http.StatusBadRequest, "bad request data: a token needs a name, and a lifetime that is not negative")
	}
	secret := store.NewSecret(32)
	secret = fmt.Sprintf("glsa_%s_%08x", secret, crc32.ChecksumIEEE([]byte("glsa_"+secret)))
	token := &Token{Name: name, AccountID: accountID, Hash: hashSecret(secret), Created: time.Now().UTC()}
	if lifetime > 0 {
		expires := token.Created.Add(lifetime)
		token.Expires = &expires
	}
	err := a.store.Write(func(tx *store.Tx) error {
		owner, err := table.Need(tx, store.Key(accountID), missing(true))
		if err != nil {
			return err
		}
		if !owner.IsService {
			return missing(true)
		}
		same, err := tokens.Find(tx, func(other *Token) bool { return other.AccountID == accountID && other.Name == name })
		if same != nil {
			return problem.New(http.StatusConflict, "service account token with given name already exists in the organization")
		}
		if err == nil {
			token.ID, err = tokens.NextID(tx)
		}
		return errors.Join(err, tokens.Put(tx, token.Hash, token))
	})
	return token, secret, err
}

// ListTokens gives those of one service account.
func (a *Accounts) ListTokens(accountID int64) ([]*Token, error) {
	return tokens.All(a.store, func(one *Token) bool { return one.AccountID == accountID })
}

// DeleteToken ends one token of a service account.
func (a *Accounts) DeleteToken(accountID, id int64) error {
	one, err := tokens.One(a.store, func(one *Token) bool { return one.AccountID == accountID && one.ID == id },
		problem.New(http.StatusNotFound, "service account token not found"))
	if err != nil {
		return err
	}
	return a.store.Write(func(tx *store.Tx) error { return tokens.Delete(tx, one.Hash) })
}

// ByToken gives the service account whose token has the key.
func (a *Accounts) ByToken(secret string) (*Account, error) {
	owner, err := store.View(a.store, func(tx *store.Tx) (*Account, error) {
		one, err := tokens.Get(tx, hashSecret(secret))
		if err != nil || one == nil || one.HasExpired() {
			return nil, err
		}
		return table.Get(tx, store.Key(one.AccountID))
	})
	if err == nil && (owner == nil || owner.IsDisabled) {
		return nil, problem.Typed(http.StatusUnauthorized, "api-key.invalid", "Invalid API key")
	}
	return owner, err
}
