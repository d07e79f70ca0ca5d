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
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Role is what somebody may do in the organisation. Each role may do what those before it may.
type Role string

// The roles of an organisation, and what only the server's own administrators are.
const (
	None        Role = "None"
	Viewer      Role = "Viewer"
	Editor      Role = "Editor"
	Admin       Role = "Admin"
	ServerAdmin Role = "Grafana Admin"
)

var ranks = map[Role]int{None: 0, Viewer: 1, Editor: 2, Admin: 3}

// IsKnown says whether a person can have such a role.
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
	PasswordHash []byte    `json:"passwordHash"`
	Created      time.Time `json:"created"`
	Updated      time.Time `json:"updated"`
}

// May says whether a person may do what a role may.
func (a *Account) May(role Role) bool {
	return role == ServerAdmin && a.IsAdmin || role != ServerAdmin && ranks[a.Role] >= ranks[role]
}

func (a *Account) answersTo(login string) bool {
	return login != "" && (a.Login == login || a.Email == login)
}

// maxSession ends a session, as the real one's default does.
const maxSession = 30 * 24 * time.Hour

type session struct {
	SecretHash string    `json:"secretHash"`
	AccountID  int64     `json:"accountId"`
	Created    time.Time `json:"created"`
}

func (s *session) hasEnded() bool { return time.Since(s.Created) > maxSession }

type stored struct {
	LastID   int64      `json:"lastId"`
	People   []*Account `json:"people"`
	Sessions []*session `json:"sessions"`
}

// Accounts is the service.
type Accounts struct {
	file *store.File[stored]
	// key and verified remember which passwords were right: each check of a hash costs as much as a query.
	key      []byte
	verified sync.Map
}

// Open reads the accounts of a data folder.
func Open(folder string) (*Accounts, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails: the runtime ends the process instead
	file, err := store.Open[stored](folder, "accounts.json")
	return &Accounts{file: file, key: key}, err
}

// List gives everybody.
func (a *Accounts) List() []*Account { return a.file.Read().People }

// CreateFirst makes the first administrator, where there is nobody yet.
func (a *Accounts) CreateFirst(login, password string) (created bool, err error) {
	if len(a.List()) > 0 {
		return false, nil
	}
	_, err = a.add(&Account{Login: login, Email: login + "@localhost", Role: Admin, IsAdmin: true}, password)
	return true, err
}

// NewPerson is what an administrator says of a new person.
type NewPerson struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Login    string `json:"login"`
	Password string `json:"password"`
	OrgID    int64  `json:"OrgId"`
}

// AddPerson makes a viewer; a mail address stands for a login that is not given.
func (a *Accounts) AddPerson(given NewPerson) (*Account, error) {
	if given.Login == "" {
		given.Login = given.Email
	}
	if given.Login == "" {
		return nil, problem.New(http.StatusBadRequest, "Validation error, need specify either username or email")
	}
	if given.OrgID > 1 {
		return nil, problem.New(http.StatusBadRequest, "This stand-in for Grafana has one organisation, of the number 1")
	}
	return a.add(&Account{Login: given.Login, Email: given.Email, Name: given.Name, Role: Viewer}, given.Password)
}

func (a *Accounts) add(one *Account, password string) (*Account, error) {
	hash, err := hashPassword(password)
	if err != nil {
		return nil, err
	}
	return one, a.file.Write(func(data *stored) error {
		for _, other := range data.People {
			if other.Login == one.Login || one.Email != "" && other.Email == one.Email {
				return problem.New(http.StatusPreconditionFailed, "User with email '%s' or username '%s' already exists", one.Email, one.Login)
			}
		}
		data.LastID++
		one.ID, one.UID, one.PasswordHash, one.Created = data.LastID, store.NewUID(), hash, time.Now().UTC()
		one.Updated = one.Created
		data.People = append(data.People, one)
		return nil
	})
}

// SetRole gives a person another role.
func (a *Accounts) SetRole(id int64, role Role) error {
	return a.file.Write(func(data *stored) error {
		one := store.Find(data.People, func(other *Account) bool { return other.ID == id })
		if one == nil {
			return problem.New(http.StatusNotFound, "user not found")
		}
		one.Role, one.Updated = role, time.Now().UTC()
		return nil
	})
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
	one, hash := store.Find(a.List(), func(other *Account) bool { return other.answersTo(login) }), []byte(nil)
	if one != nil {
		hash = one.PasswordHash
	} else {
		hash = unknownHash()
	}
	if !a.isRight(hash, password) || one == nil {
		return nil, problem.Typed(http.StatusUnauthorized, "password-auth.failed", "Invalid username or password")
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
	return secret, a.file.Write(func(data *stored) error {
		data.Sessions = append(data.Sessions, &session{SecretHash: hashSecret(secret), AccountID: one.ID, Created: time.Now().UTC()})
		return nil
	})
}

// BySession gives whose session it is, or nil where it has ended.
func (a *Accounts) BySession(secret string) *Account {
	data, hash := a.file.Read(), hashSecret(secret)
	found := store.Find(data.Sessions, func(one *session) bool { return one.SecretHash == hash && !one.hasEnded() })
	return store.Find(data.People, func(one *Account) bool { return found != nil && one.ID == found.AccountID })
}

// EndSession forgets a session, and those that have ended by themselves.
func (a *Accounts) EndSession(secret string) error {
	return a.file.Write(func(data *stored) error {
		data.Sessions = slices.DeleteFunc(data.Sessions, func(one *session) bool { return one.SecretHash == hashSecret(secret) || one.hasEnded() })
		return nil
	})
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
