package accounts

import (
	"net/http"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// NewPerson is what an administrator says of a new person.
type NewPerson struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Login    string `json:"login"`
	Password string `json:"password"`
	OrgID    int64  `json:"OrgId"`
}

var errNoPerson = problem.New(http.StatusNotFound, "user not found")

// List gives everybody.
func (a *Accounts) List() ([]*Account, error) { return table.All(a.store, nil) }

func answersTo(login string) func(*Account) bool {
	return func(one *Account) bool { return login != "" && (one.Login == login || one.Email == login) }
}

// AddPerson makes a viewer; either of login and mail address stands for the other.
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
	one := &Account{Login: given.Login, Email: given.Email, Name: given.Name, Role: Viewer}
	return one, a.store.Write(func(tx *store.Tx) error { return a.add(tx, one, given.Password) })
}

// Change writes what a function changes of a person.
func (a *Accounts) Change(id int64, change func(*Account)) error {
	_, err := table.Change(a.store, store.Key(id), errNoPerson, func(_ *store.Tx, one *Account) error {
		change(one)
		one.Updated = time.Now().UTC()
		return nil
	})
	return err
}

// SetPassword gives a person a new password and ends their sessions but the one that is kept.
func (a *Accounts) SetPassword(id int64, password, keptSession string) error {
	hash, err := hashPassword(password)
	if err != nil {
		return err
	}
	if err := a.Change(id, func(one *Account) { one.PasswordHash = hash }); err != nil {
		return err
	}
	return a.store.Write(func(tx *store.Tx) error {
		return sessions.DeleteAll(tx, func(name string, one *session) bool {
			return one.AccountID == id && name != hashSecret(keptSession)
		})
	})
}
