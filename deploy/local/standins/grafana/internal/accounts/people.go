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
	Role     Role   `json:"-"`
}

// List gives the people, or the service accounts.
func (a *Accounts) List(isService bool) ([]*Account, error) {
	var all []*Account
	err := a.store.Read(func(tx *store.Tx) (err error) {
		all, err = table.List(tx, func(one *Account) bool { return one.IsService == isService })
		return err
	})
	return all, err
}

// Get gives one person, or one service account.
func (a *Accounts) Get(id int64, isService bool) (*Account, error) {
	one, err := a.find(func(one *Account) bool { return one.ID == id && one.IsService == isService })
	if err == nil && one == nil {
		return nil, missing(isService)
	}
	return one, err
}

func missing(isService bool) error {
	if isService {
		return problem.Typed(http.StatusNotFound, "serviceaccounts.ErrNotFound", "service account not found")
	}
	return problem.New(http.StatusNotFound, "user not found")
}

// AddPerson makes a person; either of login and mail address stands for the other.
func (a *Accounts) AddPerson(new NewPerson) (*Account, error) {
	if new.Login == "" {
		new.Login = new.Email
	}
	if new.Login == "" {
		return nil, problem.New(http.StatusBadRequest, "Validation error, need specify either username or email")
	}
	if new.OrgID > 1 {
		return nil, problem.New(http.StatusBadRequest, "This stand-in for Grafana has one organisation, of the number 1")
	}
	one := &Account{Login: new.Login, Email: new.Email, Name: new.Name, Role: new.Role}
	return one, a.store.Write(func(tx *store.Tx) error { return a.add(tx, one, new.Password) })
}

// Change writes what a function changes of an account.
func (a *Accounts) Change(id int64, isService bool, change func(*Account) error) (*Account, error) {
	var one *Account
	err := a.store.Write(func(tx *store.Tx) (err error) {
		if one, err = table.Get(tx, key(id)); err != nil {
			return err
		}
		if one == nil || one.IsService != isService {
			return missing(isService)
		}
		wasAdmin := one.IsAdmin
		if err := change(one); err != nil {
			return err
		}
		if wasAdmin && !one.IsAdmin {
			if err := keepsAdmin(tx, id); err != nil {
				return err
			}
		}
		one.Updated = time.Now().UTC()
		return table.Put(tx, key(id), one)
	})
	return one, err
}

func keepsAdmin(tx *store.Tx, except int64) error {
	other, err := table.Find(tx, func(one *Account) bool { return one.IsAdmin && !one.IsDisabled && one.ID != except })
	if err == nil && other == nil {
		return problem.New(http.StatusBadRequest, "Cannot remove last Grafana admin")
	}
	return err
}

// SetPassword gives a person a new password and ends their sessions but the one that is kept.
func (a *Accounts) SetPassword(id int64, password, keptSession string) error {
	hash, err := hashPassword(password)
	if err != nil {
		return err
	}
	if _, err := a.Change(id, false, func(one *Account) error { one.PasswordHash = hash; return nil }); err != nil {
		return err
	}
	return a.store.Write(func(tx *store.Tx) error {
		return endSessions(tx, func(name string, one *session) bool {
			return one.AccountID == id && name != hashSecret(keptSession)
		})
	})
}

// Delete removes an account with its sessions and tokens.
func (a *Accounts) Delete(id int64, isService bool) error {
	return a.store.Write(func(tx *store.Tx) error {
		one, err := table.Get(tx, key(id))
		if err != nil {
			return err
		}
		if one == nil || one.IsService != isService {
			return missing(isService)
		}
		if one.IsAdmin {
			if err := keepsAdmin(tx, id); err != nil {
				return err
			}
		}
		if err := endSessions(tx, func(_ string, one *session) bool { return one.AccountID == id }); err != nil {
			return err
		}
		err = tokens.Each(tx, func(name string, one *Token) error {
			if one.AccountID == id {
				return tokens.Delete(tx, name)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return table.Delete(tx, key(id))
	})
}
