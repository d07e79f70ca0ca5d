// Package accounts keeps people and their sessions, and says who asks.
package accounts

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Role is what somebody may do in the organisation. Each role may do what those before it may.
type Role string

// The roles of an organisation.
const (
	None   Role = "None"
	Viewer Role = "Viewer"
	Editor Role = "Editor"
	Admin  Role = "Admin"
)

var ranks = map[Role]int{None: 0, Viewer: 1, Editor: 2, Admin: 3}

// Includes says whether this role may do what the other may.
func (r Role) Includes(other Role) bool { return ranks[r] >= ranks[other] }

// IsKnown says whether there is such a role.
func (r Role) IsKnown() bool { _, known := ranks[r]; return known }

// Account is a person.
type Account struct {
	ID           int64     `json:"id"`
	UID          string    `json:"uid"`
	Login        string    `json:"login"`
	Email        string    `json:"email"`
	Name         string    `json:"name"`
	Role         Role      `json:"role"`
	IsAdmin      bool      `json:"isAdmin"`
	IsAnonymous  bool      `json:"-"`
	PasswordHash []byte    `json:"passwordHash,omitempty"`
	Created      time.Time `json:"created"`
	Updated      time.Time `json:"updated"`
}

// maxSession and maxInactive end a session, as the real one's defaults do.
const (
	maxSession  = 30 * 24 * time.Hour
	maxInactive = 7 * 24 * time.Hour
)

type session struct {
	AccountID int64     `json:"accountId"`
	Created   time.Time `json:"created"`
	Seen      time.Time `json:"seen"`
}

func (s *session) hasEnded() bool {
	return time.Since(s.Seen) > maxInactive || time.Since(s.Created) > maxSession
}

var (
	table    = store.Table[Account]("accounts")
	sessions = store.Table[session]("sessions")
)

// Accounts is the service.
type Accounts struct {
	store *store.Store
	// key and verified remember which passwords were right: each check of a hash costs as much as a query.
	key      []byte
	verified sync.Map
}

// New works on the given store.
func New(opened *store.Store) *Accounts {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails: the runtime ends the process instead
	return &Accounts{store: opened, key: key}
}

var wrongPassword = problem.Typed(http.StatusUnauthorized, "password-auth.failed", "Invalid username or password")

// CreateFirst makes the first administrator, in a new database only.
func (a *Accounts) CreateFirst(login, password string) (created bool, err error) {
	err = a.store.Write(func(tx *store.Tx) error {
		first, err := table.Find(tx, nil)
		if err != nil || first != nil {
			return err
		}
		created = true
		return a.add(tx, &Account{Login: login, Email: login + "@localhost", Role: Admin, IsAdmin: true}, password)
	})
	return created, err
}

// add writes a new account.
func (a *Accounts) add(tx *store.Tx, one *Account, password string) error {
	same, err := table.Find(tx, func(other *Account) bool {
		return other.Login == one.Login || (one.Email != "" && other.Email == one.Email)
	})
	if err != nil {
		return err
	}
	if same != nil {
		return problem.New(http.StatusPreconditionFailed, "User with email '%s' or username '%s' already exists", one.Email, one.Login)
	}
	if one.PasswordHash, err = hashPassword(password); err != nil {
		return err
	}
	if one.ID, err = table.NextID(tx); err != nil {
		return err
	}
	one.UID, one.Created = store.NewUID(), time.Now().UTC()
	one.Updated = one.Created
	return table.Put(tx, store.Key(one.ID), one)
}

func hashPassword(password string) ([]byte, error) {
	if len(password) < 4 {
		return nil, problem.New(http.StatusBadRequest, "New password is too short")
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if errors.Is(err, bcrypt.ErrPasswordTooLong) {
		return nil, problem.New(http.StatusBadRequest, "This stand-in for Grafana knows passwords of up to 72 bytes")
	}
	return hash, err
}

// unknownHash is compared where there is no such person, so that the time taken does not tell.
var unknownHash = sync.OnceValue(func() []byte {
	hash, _ := bcrypt.GenerateFromPassword([]byte("unknown"), bcrypt.DefaultCost) // it is short enough
	return hash
})

// Authenticate gives the person with this login, or mail address, and password.
func (a *Accounts) Authenticate(login, password string) (*Account, error) {
	one, err := table.One(a.store, answersTo(login), nil)
	if err != nil {
		return nil, err
	}
	hash := unknownHash
	if one != nil {
		hash = func() []byte { return one.PasswordHash }
	}
	if !a.isRight(hash(), password) || one == nil {
		return nil, wrongPassword
	}
	return one, nil
}

func (a *Accounts) isRight(hash []byte, password string) bool {
	mac := hmac.New(sha256.New, a.key)
	fmt.Fprintf(mac, "%d %s %s", len(hash), hash, password)
	pair := [sha256.Size]byte(mac.Sum(nil))
	if _, known := a.verified.Load(pair); known {
		return true
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil {
		return false
	}
	a.verified.Store(pair, true)
	return true
}

// StartSession gives the secret of a new session, which is stored hashed.
func (a *Accounts) StartSession(one *Account) (string, error) {
	secret := rand.Text()
	now := time.Now().UTC()
	return secret, a.store.Write(func(tx *store.Tx) error {
		return sessions.Put(tx, hashSecret(secret), &session{AccountID: one.ID, Created: now, Seen: now})
	})
}

// BySession gives whose session it is, or nil where it has ended.
func (a *Accounts) BySession(secret string) (*Account, error) {
	isOld := false
	one, err := store.View(a.store, func(tx *store.Tx) (*Account, error) {
		found, err := sessions.Get(tx, hashSecret(secret))
		if err != nil || found == nil || found.hasEnded() {
			return nil, err
		}
		isOld = time.Since(found.Seen) > time.Hour
		return table.Get(tx, store.Key(found.AccountID))
	})
	if err != nil || one == nil {
		return nil, err
	}
	if isOld {
		_, err = sessions.Change(a.store, hashSecret(secret), nil, func(_ *store.Tx, found *session) error {
			found.Seen = time.Now().UTC()
			return nil
		})
	}
	return one, err
}

// EndSession forgets a session, and those that have ended by themselves.
func (a *Accounts) EndSession(secret string) error {
	return a.store.Write(func(tx *store.Tx) error {
		return sessions.DeleteAll(tx, func(id string, one *session) bool { return id == hashSecret(secret) || one.hasEnded() })
	})
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
