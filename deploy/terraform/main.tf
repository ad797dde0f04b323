locals {
  root = "${path.module}/../.."

  secret_arn_pattern = distinct(concat(coalesce(var.secret_arn_pattern, []), values(var.secrets)[*].arn))
  admin_secret_arns  = distinct(concat(coalesce(var.admin_secret_arns, []), compact(values(var.secrets)[*].admin_secret_arn)))

  functions = toset([for file in fileset("${local.root}/dist/functions", "*/index.mjs") : dirname(file)])
  nested    = fileset("${local.root}/templates", "*.yaml")

  function_keys = { for name in local.functions : name => "${var.prefix}/${name}-${filesha256("${local.root}/dist/functions/${name}/index.mjs")}.zip" }
  nested_keys   = { for name in local.nested : name => "${var.prefix}/${filesha256("${local.root}/templates/${name}")}-${name}" }

  # The template as it is, with the places in the bucket for the folders of the functions and for the templates within it.
  template = join("\n", [for line in split("\n", file("${local.root}/template.yaml")) : try(
    "${regex("^ *CodeUri: ", line)}s3://${var.bucket}/${local.function_keys[regex("CodeUri: dist/functions/(.+)$", line)[0]]}",
    "${regex("^ *Location: ", line)}https://${data.aws_s3_bucket.artifacts.bucket_regional_domain_name}/${local.nested_keys[regex("Location: templates/(.+)$", line)[0]]}",
    line,
  )])
  template_key = "${var.prefix}/${var.name}-${sha256(local.template)}.yaml"
}

data "aws_s3_bucket" "artifacts" {
  bucket = var.bucket
}

data "archive_file" "function" {
  for_each = local.functions

  type             = "zip"
  source_file      = "${local.root}/dist/functions/${each.key}/index.mjs"
  output_path      = "${path.root}/.terraform/rekey/${each.key}.zip"
  output_file_mode = "0644"
}

resource "aws_s3_object" "function" {
  for_each = local.function_keys

  bucket = var.bucket
  key    = each.value
  source = data.archive_file.function[each.key].output_path

  # A stack that rolls back needs what it had before.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_s3_object" "nested" {
  for_each = local.nested_keys

  bucket = var.bucket
  key    = each.value
  source = "${local.root}/templates/${each.key}"

  # A stack that rolls back needs what it had before.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_s3_object" "template" {
  bucket  = var.bucket
  key     = local.template_key
  content = local.template

  # A stack that rolls back needs what it had before.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "rekey" {
  name         = var.name
  template_url = "https://${data.aws_s3_bucket.artifacts.bucket_regional_domain_name}/${local.template_key}"
  capabilities = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
  parameters   = local.parameters
  tags         = var.tags

  depends_on = [aws_s3_object.function, aws_s3_object.nested, aws_s3_object.template]
}

resource "aws_secretsmanager_secret_rotation" "secret" {
  for_each = var.secrets

  secret_id           = each.value.arn
  rotation_lambda_arn = local.rotation_function_arns[each.value.engine]
  rotate_immediately  = each.value.rotate_immediately

  rotation_rules {
    schedule_expression = each.value.schedule
    duration            = each.value.window
  }
}
