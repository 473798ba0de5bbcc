"""Prints as JSON what is in an AWS account, read by AWS's own client for Python.

    python inventory.py <endpoint> <region> <service and stage, such as wecom-auth-prod>

Everything of the region is listed, whichever stack made it, except the VPCs that AWS makes by default.
"""

import json
import sys

import boto3

ENDPOINT, REGION, STACK = sys.argv[1:4]


def client(service):
    return boto3.client(service, region_name=REGION, endpoint_url=ENDPOINT)


def pages(api, operation, key, **parameters):
    """All items of a list that AWS gives in pages."""
    if api.can_paginate(operation):
        found = api.get_paginator(operation).paginate(**parameters)
        return [item for page in found for item in page.get(key, [])]
    return getattr(api, operation)(**parameters).get(key, [])


def stack():
    api = client("cloudformation")
    try:
        found = api.describe_stacks(StackName=STACK)["Stacks"][0]
    except api.exceptions.ClientError:
        return None
    if found["StackStatus"] == "DELETE_COMPLETE":
        return None
    resources = pages(api, "list_stack_resources", "StackResourceSummaries", StackName=STACK)
    return {
        "status": found["StackStatus"],
        "outputs": {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        "resources": {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources},
    }


def tables():
    api = client("dynamodb")
    return {name: table(api, name) for name in pages(api, "list_tables", "TableNames")}


def table(api, name):
    backups = api.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return {
        **api.describe_table(TableName=name)["Table"],
        "timeToLive": api.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
        "pointInTimeRecovery": backups["PointInTimeRecoveryDescription"][
            "PointInTimeRecoveryStatus"
        ],
    }


def functions():
    api = client("lambda")
    names = [each["FunctionName"] for each in pages(api, "list_functions", "Functions")]
    return {name: function(api, name) for name in names}


def function(api, name):
    found = api.get_function(FunctionName=name)
    try:
        asynchronous = api.get_function_event_invoke_config(FunctionName=name)
        del asynchronous["ResponseMetadata"]
    except api.exceptions.ResourceNotFoundException:
        asynchronous = None
    try:
        policy = json.loads(api.get_policy(FunctionName=name)["Policy"])["Statement"]
    except api.exceptions.ResourceNotFoundException:
        policy = []
    return {
        **found["Configuration"],
        "code": found["Code"]["Location"],
        "reservedConcurrency": found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        "asynchronous": asynchronous,
        "policy": policy,
    }


def roles():
    api = client("iam")
    found = {}
    for each in pages(api, "list_roles", "Roles"):
        name = each["RoleName"]
        inline = {
            policy: api.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in pages(api, "list_role_policies", "PolicyNames", RoleName=name)
        }
        attached = pages(api, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        found[name] = {
            "arn": each["Arn"],
            "trust": each["AssumeRolePolicyDocument"],
            "inline": inline,
            "attached": [policy["PolicyName"] for policy in attached],
        }
    return found


def queues():
    api = client("sqs")
    return {
        url.rsplit("/", 1)[1]: api.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
            "Attributes"
        ]
        for url in pages(api, "list_queues", "QueueUrls")
    }


def topics():
    api = client("sns")
    return {
        each["TopicArn"]: pages(
            api, "list_subscriptions_by_topic", "Subscriptions", TopicArn=each["TopicArn"]
        )
        for each in pages(api, "list_topics", "Topics")
    }


def apis():
    api = client("apigatewayv2")
    return {each["Name"]: http_api(api, each) for each in pages(api, "get_apis", "Items")}


def http_api(api, found):
    of_it = {"ApiId": found["ApiId"]}
    integrations = {
        each["IntegrationId"]: each for each in pages(api, "get_integrations", "Items", **of_it)
    }
    return {
        **found,
        # Each route with the ARN of the function that it invokes.
        "routes": {
            each["RouteKey"]: integrations[each["Target"].split("/")[1]]["IntegrationUri"]
            for each in pages(api, "get_routes", "Items", **of_it)
        },
        "stages": pages(api, "get_stages", "Items", **of_it),
    }


def domains():
    api = client("apigatewayv2")
    return {
        each["DomainName"]: {
            "configurations": each["DomainNameConfigurations"],
            "mappings": pages(api, "get_api_mappings", "Items", DomainName=each["DomainName"]),
        }
        for each in pages(api, "get_domain_names", "Items")
    }


def network():
    api = client("ec2")
    vpcs = [each for each in api.describe_vpcs()["Vpcs"] if not each["IsDefault"]]
    mine = [{"Name": "vpc-id", "Values": [each["VpcId"] for each in vpcs]}] if vpcs else None

    def of_vpcs(operation, key, name="Filters"):
        return getattr(api, operation)(**{name: mine})[key] if mine else []

    return {
        "vpcs": vpcs,
        "subnets": of_vpcs("describe_subnets", "Subnets"),
        "routeTables": of_vpcs("describe_route_tables", "RouteTables"),
        "securityGroups": of_vpcs("describe_security_groups", "SecurityGroups"),
        "gateways": [
            each
            for each in of_vpcs("describe_nat_gateways", "NatGateways", "Filter")
            if each["State"] != "deleted"
        ],
        "endpoints": [
            each
            for each in of_vpcs("describe_vpc_endpoints", "VpcEndpoints")
            if each["State"] != "deleted"
        ],
        "addresses": api.describe_addresses()["Addresses"],
    }


def alarms():
    api = client("cloudwatch")
    return {each["AlarmName"]: each for each in pages(api, "describe_alarms", "MetricAlarms")}


print(
    json.dumps(
        {
            "stack": stack(),
            "tables": tables(),
            "functions": functions(),
            "roles": roles(),
            "policies": [
                each["PolicyName"]
                for each in pages(client("iam"), "list_policies", "Policies", Scope="Local")
            ],
            "logGroups": {
                each["logGroupName"]: each.get("retentionInDays")
                for each in pages(client("logs"), "describe_log_groups", "logGroups")
            },
            "queues": queues(),
            "topics": topics(),
            "apis": apis(),
            "domains": domains(),
            "network": network(),
            "alarms": alarms(),
            "dashboards": [
                each["DashboardName"]
                for each in pages(client("cloudwatch"), "list_dashboards", "DashboardEntries")
            ],
            "secrets": [
                each["Name"] for each in pages(client("secretsmanager"), "list_secrets", "SecretList")
            ],
            "buckets": [each["Name"] for each in client("s3").list_buckets()["Buckets"]],
        },
        default=str,
    )
)
