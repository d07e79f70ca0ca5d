package api

import (
	"net/http"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/datasources"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

func (s *Server) addDataSources(mux *http.ServeMux) {
	read, query := permission{role: accounts.Admin, action: "datasources:read"}, permission{role: accounts.Viewer, action: "datasources:query"}
	// Editors explore, and the page of a viewer asks which sources there are.
	list := permission{role: accounts.Viewer, action: "datasources:read"}
	create := permission{role: accounts.Admin, action: "datasources:create"}
	change, remove := permission{role: accounts.Admin, action: "datasources:write"}, permission{role: accounts.Admin, action: "datasources:delete"}
	const base = "/api/datasources"
	s.route(mux, "GET "+base, list, s.listDataSources)
	s.route(mux, "POST "+base, create, reading(s.addDataSource))
	for _, path := range []string{"/uid/{uid}", "/name/{name}"} {
		s.route(mux, "GET "+base+path, read, func(r *request) (any, error) {
			one, err := s.find(r)
			if err != nil {
				return nil, err
			}
			return details(one), nil
		})
		s.route(mux, "PUT "+base+path, change, reading(s.changeDataSource))
		s.route(mux, "DELETE "+base+path, remove, s.deleteDataSource)
	}
	s.route(mux, "GET "+base+"/uid/{uid}/health", query, s.checkDataSource)
	s.route(mux, base+"/proxy/uid/{uid}/{path...}", query, s.passToDataSource)
	s.route(mux, "POST /api/ds/query", query, s.query)
}

// find gives the data source that the path names by its uid or its name.
func (s *Server) find(r *request) (*datasources.DataSource, error) {
	uid, name := r.PathValue("uid"), r.PathValue("name")
	if uid != "" && !store.IsUID(uid) {
		return nil, problem.New(http.StatusBadRequest, "UID is invalid")
	}
	return s.DataSources.Get(func(one *datasources.DataSource) bool {
		return one.UID == uid || one.Name == name
	})
}

func (s *Server) listDataSources(*request) (any, error) {
	all, err := s.DataSources.List()
	return shown(all, summary, err)
}

// summary is the form in lists.
func summary(one *datasources.DataSource) fields {
	return fields{
		"id": one.ID, "uid": one.UID, "orgId": orgID, "name": one.Name, "type": one.Type, "typeName": "Prometheus",
		"typeLogoUrl": "/public/img/prometheus_logo.svg", "access": one.Access, "url": one.URL, "user": "",
		"database": "", "basicAuth": one.BasicAuth, "isDefault": one.IsDefault, "jsonData": one.JSONData,
		"readOnly": one.ReadOnly,
	}
}

// details name the secrets that are kept, and never show them.
func details(one *datasources.DataSource) fields {
	found, kept := summary(one), fields{}
	if one.Password != "" {
		kept["basicAuthPassword"] = true
	}
	delete(found, "typeName")
	found["basicAuthUser"], found["withCredentials"] = one.BasicAuthUser, false
	found["secureJsonFields"], found["version"], found["typeLogoUrl"] = kept, one.Version, ""
	return found
}

func saved(message string, one *datasources.DataSource, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return fields{"id": one.ID, "name": one.Name, "message": message, "datasource": details(one)}, nil
}

func (s *Server) addDataSource(_ *request, input datasources.Input) (any, error) {
	one, err := s.DataSources.Add(input)
	return saved("Datasource added", one, err)
}

func (s *Server) changeDataSource(r *request, input datasources.Input) (any, error) {
	one, err := s.find(r)
	if err == nil {
		one, err = s.DataSources.Update(one.UID, input)
	}
	return saved("Datasource updated", one, err)
}

func (s *Server) deleteDataSource(r *request) (any, error) {
	one, err := s.find(r)
	if err == nil {
		one, err = s.DataSources.Delete(one.UID)
	}
	if err != nil {
		return nil, err
	}
	return fields{"message": "Data source deleted", "id": one.ID}, nil
}

func (s *Server) checkDataSource(r *request) (any, error) {
	one, err := s.find(r)
	if err != nil {
		return nil, err
	}
	server, err := one.Server()
	if err != nil {
		return nil, err
	}
	if failure := server.Health(r.Context()); failure != "" {
		return reply{http.StatusBadRequest, fields{"status": "ERROR", "message": failure}}, nil
	}
	return fields{
		"status": "OK", "message": "Successfully queried the Prometheus API.",
		"details": fields{"application": "Prometheus", "features": fields{"rulerApiEnabled": false}},
	}, nil
}
