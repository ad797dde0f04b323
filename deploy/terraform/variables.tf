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
