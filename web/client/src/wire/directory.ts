import type { Answer, Id, Role } from "./base";

/** The CRM's directory: for its backend, with a service token. */
export interface DirectoryUser {
  name: string;
  email?: string;
  avatarUrl?: string;
  role?: Role;
  department?: string;
  isInternal?: boolean;
  isActive?: boolean;
}

export interface DirectoryDepartment {
  description?: string;
  isActive?: boolean;
}

export interface DirectoryProject {
  name: string;
  description?: string;
  /** Where the CRM shows it. */
  url?: string;
  status?: string;
  isFinished?: boolean;
  memberIds?: Id[];
  managerIds?: Id[];
}

export interface DirectoryAnswer {
  users: number;
  departments: number;
  projects: number;
  membersAdded: number;
  membersRemoved: number;
}

export interface DirectoryRest {
  "PUT /api/directory/users/{id}": { request: DirectoryUser; response: Answer<DirectoryAnswer> };
  "DELETE /api/directory/users/{id}": { response: Answer<DirectoryAnswer> };
  "PUT /api/directory/departments/{name}": { request: DirectoryDepartment; response: Answer<DirectoryAnswer> };
  "DELETE /api/directory/departments/{name}": { response: Answer<DirectoryAnswer> };
  "PUT /api/directory/projects/{id}": { request: DirectoryProject; response: Answer<DirectoryAnswer> };
  "DELETE /api/directory/projects/{id}": { response: Answer<DirectoryAnswer> };
  "POST /api/directory/bulk": {
    request: {
      users?: (DirectoryUser & { id: Id })[];
      departments?: (DirectoryDepartment & { name: string })[];
      projects?: (DirectoryProject & { id: Id })[];
    };
    response: Answer<DirectoryAnswer>;
  };
}
