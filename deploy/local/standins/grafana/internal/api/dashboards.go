package api

import (
	"net/http"
	"slices"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/dashboards"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
)

func (s *Server) addDashboards(mux *http.ServeMux) {
	const read = "dashboards:read"
	s.route(mux, "POST /api/dashboards/db", accounts.Editor, "dashboards:write", reading(s.saveDashboard))
	s.route(mux, "GET /api/dashboards/uid/{uid}", accounts.Viewer, read, s.showDashboard)
	s.route(mux, "DELETE /api/dashboards/uid/{uid}", accounts.Editor, "dashboards:delete", s.deleteDashboard)
	s.route(mux, "GET /api/search", accounts.Viewer, read, s.search)
	s.route(mux, "POST /api/admin/provisioning/{kind}/reload", accounts.ServerAdmin, "provisioning:reload", s.reload)
}

func (s *Server) saveDashboard(r *request, command dashboards.Command) (any, error) {
	one, err := s.Dashboards.Save(command, r.account.Login)
	if err != nil {
		return nil, err
	}
	return fields{
		"status": "success", "id": one.ID, "uid": one.UID, "url": one.URL(), "slug": one.Slug(),
		"version": one.Version, "folderUid": one.FolderUID,
	}, nil
}

func (s *Server) showDashboard(r *request) (any, error) {
	one, err := s.Dashboards.Get(r.PathValue("uid"))
	if err != nil {
		return nil, err
	}
	canEdit, file, canWrite := r.account.May(accounts.Editor), "", true
	if one.Source != nil {
		file, canWrite = one.Source.File, one.Source.AllowUIUpdates
	}
	meta := fields{
		"type": "db", "canSave": canEdit && canWrite, "canEdit": canEdit, "canAdmin": r.account.May(accounts.Admin),
		"canStar": false, "canDelete": canEdit && one.Source == nil, "slug": one.Slug(), "url": one.URL(), "expires": time.Time{},
		"created": one.Created, "updated": one.Updated, "createdBy": one.CreatedBy, "updatedBy": one.UpdatedBy,
		"version": one.Version, "hasAcl": false, "isFolder": false, "folderId": 0, "folderUid": "", "folderTitle": "General",
		"folderUrl": "", "provisioned": one.Source != nil, "provisionedExternalId": file, "isStarred": false,
	}
	if one.FolderUID != "" {
		folder, err := s.Dashboards.GetFolder(one.FolderUID)
		if err != nil {
			return nil, err
		}
		meta["folderId"], meta["folderUid"], meta["folderTitle"], meta["folderUrl"] = folder.ID, folder.UID, folder.Title, folder.URL()
	}
	return fields{"dashboard": one.Model, "meta": meta}, nil
}

func (s *Server) deleteDashboard(r *request) (any, error) {
	one, err := s.Dashboards.Delete(r.PathValue("uid"))
	if err != nil {
		return nil, err
	}
	return fields{"title": one.Title, "message": "Dashboard " + one.Title + " deleted", "uid": one.UID}, nil
}

var searchParameters = []string{"query", "tag", "type", "folderUIDs", "limit", "page"}

func (s *Server) search(r *request) (any, error) {
	query := r.URL.Query()
	for name := range query {
		if !slices.Contains(searchParameters, name) {
			return nil, problem.New(http.StatusBadRequest, "This stand-in for Grafana does not know the search parameter %q", name)
		}
	}
	return part(r, s.Dashboards.Find(dashboards.Search{
		Query: query.Get("query"), Tags: query["tag"], Type: query.Get("type"), FolderUIDs: query["folderUIDs"],
	})), nil
}

func (s *Server) addFolders(mux *http.ServeMux) {
	const read = "folders:read"
	s.route(mux, "GET /api/folders", accounts.Viewer, read, s.listFolders)
	s.route(mux, "POST /api/folders", accounts.Editor, "folders:create", reading(func(r *request, command dashboards.FolderCommand) (any, error) {
		return folder(r)(s.Dashboards.AddFolder(command, r.account.Login))
	}))
	s.route(mux, "GET /api/folders/{uid}", accounts.Viewer, read, func(r *request) (any, error) {
		return folder(r)(s.Dashboards.GetFolder(r.PathValue("uid")))
	})
	s.route(mux, "PUT /api/folders/{uid}", accounts.Editor, "folders:write", reading(func(r *request, command dashboards.FolderCommand) (any, error) {
		return folder(r)(s.Dashboards.ChangeFolder(r.PathValue("uid"), command, r.account.Login))
	}))
	s.route(mux, "DELETE /api/folders/{uid}", accounts.Editor, "folders:delete", func(r *request) (any, error) {
		one, err := s.Dashboards.DeleteFolder(r.PathValue("uid"))
		if err != nil {
			return nil, err
		}
		return fields{"id": one.ID, "title": one.Title, "message": "Folder " + one.Title + " deleted"}, nil
	})
}

// folder gives one its form of the API, for who asks.
func folder(r *request) func(*dashboards.Folder, error) (any, error) {
	canEdit := r.account.May(accounts.Editor)
	return func(one *dashboards.Folder, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		return fields{
			"id": one.ID, "uid": one.UID, "orgId": orgID, "title": one.Title, "url": one.URL(), "hasAcl": false, "canSave": canEdit,
			"canEdit": canEdit, "canAdmin": canEdit, "canDelete": canEdit, "createdBy": one.CreatedBy, "created": one.Created,
			"updatedBy": one.UpdatedBy, "updated": one.Updated, "version": one.Version,
		}, nil
	}
}

func (s *Server) listFolders(r *request) (any, error) {
	if r.URL.Query().Get("parentUid") != "" {
		return []fields{}, nil
	}
	return shown(part(r, s.Dashboards.ListFolders()), func(one *dashboards.Folder) fields {
		return fields{"id": one.ID, "uid": one.UID, "title": one.Title}
	})
}
