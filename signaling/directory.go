package signaling

import (
	"net/http"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

func (s *Server) putDirectoryUser(r *http.Request, who auth.Identity) (any, error) {
	user, err := decodeBody[chat.UserEntry](r)
	if err != nil {
		return nil, err
	}
	user.ID = r.PathValue("id")
	return s.cfg.Chat.ApplyDirectory(r.Context(), who, chat.DirectoryRequest{Users: []chat.UserEntry{user}})
}

func (s *Server) deleteDirectoryUser(r *http.Request, who auth.Identity) (any, error) {
	return s.cfg.Chat.Deactivate(r.Context(), who, r.PathValue("id"))
}

func (s *Server) putDirectoryDepartment(r *http.Request, who auth.Identity) (any, error) {
	department, err := decodeBody[chat.DepartmentEntry](r)
	if err != nil {
		return nil, err
	}
	department.Name = r.PathValue("name")
	return s.cfg.Chat.ApplyDirectory(r.Context(), who, chat.DirectoryRequest{Departments: []chat.DepartmentEntry{department}})
}

func (s *Server) deleteDirectoryDepartment(r *http.Request, who auth.Identity) (any, error) {
	gone := false
	department := chat.DepartmentEntry{Name: r.PathValue("name"), Active: &gone}
	return s.cfg.Chat.ApplyDirectory(r.Context(), who, chat.DirectoryRequest{Departments: []chat.DepartmentEntry{department}})
}

func (s *Server) putDirectoryProject(r *http.Request, who auth.Identity) (any, error) {
	project, err := decodeBody[chat.ProjectEntry](r)
	if err != nil {
		return nil, err
	}
	project.ID = r.PathValue("id")
	return s.cfg.Chat.ApplyDirectory(r.Context(), who, chat.DirectoryRequest{Projects: []chat.ProjectEntry{project}})
}

func (s *Server) deleteDirectoryProject(r *http.Request, who auth.Identity) (any, error) {
	return s.cfg.Chat.FinishProject(r.Context(), who, r.PathValue("id"))
}

func (s *Server) postDirectory(r *http.Request, who auth.Identity) (any, error) {
	all, err := decodeBody[chat.DirectoryRequest](r)
	if err != nil {
		return nil, err
	}
	return s.cfg.Chat.ApplyDirectory(r.Context(), who, all)
}
