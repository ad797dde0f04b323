variable "name" {
  type        = string
  default     = "rekey"
  description = "The stack's name, which the functions' names begin with."

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,38}$", var.name))
    error_message = "It must begin with a letter and have at most 39 letters, digits and hyphens."
  }
}

variable "bucket" {
  type        = string
  description = "A bucket of the stack's region. The functions' code and the template are put there."
}

variable "prefix" {
  type        = string
  default     = "rekey"
  description = "What the keys in the bucket begin with."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of the stack and of its resources."
}

variable "secrets" {
  type = map(object({
    arn                = string
    engine             = string
    schedule           = optional(string, "rate(30 days)")
    window             = optional(string)
    rotate_immediately = optional(bool, false)
    admin_secret_arn   = optional(string)
  }))
  default     = {}
  description = "Secrets to rotate, by any name: the ARN, the engine, when, and the administrator's secret for two users. The functions are granted their use."

  validation {
    condition = alltrue([for secret in values(var.secrets) : contains(
      ["postgres", "redshift", "mariadb", "mysql", "mongodb", "redis", "http-api-key", "vault-static-role"],
      secret.engine,
    )])
    error_message = "An engine is postgres, redshift, mariadb, mysql, mongodb, redis, http-api-key or vault-static-role."
  }
}
