package api

import (
	"net/http"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/datasources"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

func (s *Server) addDataSources(mux *http.ServeMux) {
	const base, uid, read, query = "/api/datasources", "/api/datasources/uid/{uid}", "datasources:read", "datasources:query"
	// The page of a viewer asks which sources there are.
	s.route(mux, "GET "+base, accounts.Viewer, read, s.listDataSources)
	s.route(mux, "POST "+base, accounts.Admin, "datasources:create", reading(s.addDataSource))
	s.route(mux, "GET "+uid, accounts.Admin, read, s.showDataSource)
	s.route(mux, "GET "+base+"/name/{name}", accounts.Admin, read, s.showDataSource)
	s.route(mux, "PUT "+uid, accounts.Admin, "datasources:write", reading(s.changeDataSource))
	s.route(mux, "DELETE "+uid, accounts.Admin, "datasources:delete", s.deleteDataSource)
	s.route(mux, "DELETE "+base+"/name/{name}", accounts.Admin, "datasources:delete", s.deleteDataSource)
	s.route(mux, "GET "+uid+"/health", accounts.Viewer, query, s.checkDataSource)
	s.route(mux, base+"/proxy/uid/{uid}/{path...}", accounts.Viewer, query, s.passToDataSource)
	s.route(mux, "POST /api/ds/query", accounts.Viewer, query, s.query)
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
	return shown(s.DataSources.List(), summary)
}

func (s *Server) showDataSource(r *request) (any, error) {
	one, err := s.find(r)
	if err != nil {
		return nil, err
	}
	return details(one), nil
}

// summary is the form in lists.
func summary(one *datasources.DataSource) fields {
	return fields{
		"id": one.ID, "uid": one.UID, "orgId": orgID, "name": one.Name, "type": one.Type, "typeName": "Prometheus",
		"typeLogoUrl": "/public/img/prometheus_logo.svg", "access": one.Access, "url": one.URL, "user": "",
		"database": "", "basicAuth": false, "isDefault": one.IsDefault, "jsonData": one.JSONData,
		"readOnly": one.ReadOnly,
	}
}

// details is the form of a single one.
func details(one *datasources.DataSource) fields {
	found := summary(one)
	delete(found, "typeName")
	found["basicAuthUser"], found["withCredentials"], found["typeLogoUrl"] = "", false, ""
	found["secureJsonFields"], found["version"] = fields{}, one.Version
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
