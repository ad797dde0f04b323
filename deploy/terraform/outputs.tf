locals {
  outputs = aws_cloudformation_stack.rekey.outputs
}

output "rotation_function_arns" {
  value       = local.rotation_function_arns
  description = "The rotation functions by engine."
}

output "event_bus_name" {
  value       = local.outputs["EventBusName"]
  description = "The bus that Secret Rotated and the other events are published on."
}

output "secret_rotated_topic_arn" {
  value       = local.outputs["SecretRotatedTopicArn"]
  description = "The topic that each instance's queue subscribes to."
}

output "stack_outputs" {
  value       = local.outputs
  description = "Every output of the stack."
}
