// Package authors is the service that knows who said a quote.
package authors

import (
	"net/http"

	"seaworthy/deploy/images/qotm/internal/server"
)

// Author is somebody whom a quote is by.
type Author struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	About string `json:"about"`
}

// authors are invented, as the quotes are.
var authors = []Author{
	{"aydin", "Selin Aydın", "ferry captain, keeps the timetable of a strait"},
	{"brandt", "Johann Brandt", "shipwright, retired twice"},
	{"ferreira", "Inês Ferreira", "salvage diver"},
	{"hale", "Winifred Hale", "keeper of the last staffed lighthouse on her coast"},
	{"lindqvist", "Mara Lindqvist", "harbour pilot"},
	{"nakamura", "Kenji Nakamura", "navigator, draws his own charts"},
	{"okafor", "Chidi Okafor", "chief engineer of an icebreaker"},
	{"teixeira", "Rui Teixeira", "radio operator, always on the night watch"},
}

// Find gives the author of that id.
func Find(id string) (Author, bool) {
	for _, author := range authors {
		if author.ID == id {
			return author, true
		}
	}
	return Author{}, false
}

// Register adds the service's addresses.
func Register(service *server.Service) {
	service.Route("GET /authors", func(w http.ResponseWriter, _ *http.Request) {
		service.Answer(w, http.StatusOK, authors)
	})
	service.Route("GET /authors/{id}", func(w http.ResponseWriter, r *http.Request) {
		author, found := Find(r.PathValue("id"))
		if !found {
			service.Fail(w, http.StatusNotFound, "there is no such author")
			return
		}
		service.Answer(w, http.StatusOK, author)
	})
}
