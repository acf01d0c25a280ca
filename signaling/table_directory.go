package signaling

import "github.com/digierapro/parley/internal/fault"

// directoryPart is the CRM's directory, which the CRM's backend writes with a service token (role `service`).
var directoryPart = part{
	services: []restPath{
		{"PUT /api/directory/users/{id}", "A user as the CRM describes them, made or changed. Their channels follow at once: general, their department's (as an admin of it when they are a manager) and their projects'. Their tokens give them no more than this `role` (`user` if not given) and `isInternal` (true if not given, but of a client), within a second. `isActive: false` ends their connections, calls and memberships within a second. Service token.", (*Server).putDirectoryUser},
		{"DELETE /api/directory/users/{id}", "Deactivate a user, who must be known. What they wrote stays. Service token.", (*Server).deleteDirectoryUser},
		{"PUT /api/directory/departments/{name}", "A department, made or changed; its channel has the users of that department. Service token.", (*Server).putDirectoryDepartment},
		{"DELETE /api/directory/departments/{name}", "Archive a department's channel. Service token.", (*Server).deleteDirectoryDepartment},
		{"PUT /api/directory/projects/{id}", "A project, made or changed; its channel has its members, with its managers as admins, and is archived when it `isFinished`. Whom it names before they are known is in it once they are, by the directory or by signing in. Service token.", (*Server).putDirectoryProject},
		{"DELETE /api/directory/projects/{id}", "Archive a project's channel. Service token.", (*Server).deleteDirectoryProject},
		{"POST /api/directory/bulk", "Many at once, in one transaction: up to 10,000 users, 2,000 departments and 2,000 projects. What is not named stays. Doing it again changes nothing. Service token.", (*Server).postDirectory},
	},
	errors: []errorRow{
		{"service_only", fault.Forbidden, "The directory is for the CRM's own service token."},
		{"not_for_services", fault.Forbidden, "A service token is for the directory only."},
		{"user_deactivated", fault.Unauthenticated, "The account was deactivated."},
		{"project_not_found", fault.NotFound, "There is no such project in the directory."},
		{"directory_too_large", fault.TooLarge, "One request has too many users, departments or projects."},
	},
}
