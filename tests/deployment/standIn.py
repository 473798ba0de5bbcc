"""Starts moto's server with what the deployment needs and moto lacks.

    python standIn.py <port> <report file>

moto answers AWS's APIs from memory. Its CloudFormation lacks resource types and properties of which moto
has the API. Here CloudFormation calls that API, with the properties of the template as they are. What is
added so is written to the report file, one JSON object a line, and the command prints it. There are no
rollbacks, so RetainExceptOnCreate is taken for Retain: tests/template has what it says of a first
deployment that fails.
"""

import json
import os
import re
import sys
import threading
import time

import boto3
from moto.cloudformation import models, parsing, responses
from moto.core.common_models import CloudFormationModel
from moto.server import main
from moto.utilities.utils import get_partition

PORT, REPORT = int(sys.argv[1]), sys.argv[2]
REPORT_LOCK = threading.Lock()
REPORTED = set()


def report(kind, what):
    """Writes a line to the report, once."""
    with REPORT_LOCK:
        if (kind, what) in REPORTED:
            return
        REPORTED.add((kind, what))
        with open(REPORT, "a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "what": what}) + "\n")


def client(service, region):
    """A client of this server itself, which checks the properties as AWS's own SDK does."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{PORT}",
        aws_access_key_id="stand-in",
        aws_secret_access_key="stand-in",
    )


# Resource types that moto's CloudFormation lacks.


class LackingType:
    """A resource that is made by the type's own API."""

    # moto takes the second part of a model's module for its service.
    __module__ = "standIn.cloudformation"
    type_name = ""
    service = ""
    attributes = ()

    def __init__(self, properties, region):
        self.properties, self.region = properties, region
        self.api = client(self.service, region)
        report("resource type", self.type_name)

    @classmethod
    def cloudformation_type(cls):
        return cls.type_name

    @staticmethod
    def cloudformation_name_type():
        return ""

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr in cls.attributes

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name, cloudformation_json, account_id, region_name, **_
    ):
        resource = cls(cloudformation_json["Properties"], region_name)
        resource.generated_name = resource_name
        resource.create()
        return resource

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        original_resource.properties = cloudformation_json["Properties"]
        original_resource.update()
        return original_resource

    def delete(self, account_id, region_name):
        self.remove()

    def is_created(self):
        return True


def number_of(value):
    """CloudFormation converts numbers and booleans that a template writes as text; boto3 does not."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


class Api(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::ApiGatewayV2::Api"
    service = "apigatewayv2"
    attributes = ("ApiId", "ApiEndpoint")

    def create(self):
        self.made = self.api.create_api(**self.properties)
        self.physical_resource_id = self.made["ApiId"]

    def update(self):
        changed = {k: v for k, v in self.properties.items() if k not in ("ProtocolType", "Tags")}
        self.api.update_api(ApiId=self.physical_resource_id, **changed)

    def remove(self):
        self.api.delete_api(ApiId=self.physical_resource_id)

    def get_cfn_attribute(self, name):
        return self.made[name]


class Integration(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::ApiGatewayV2::Integration"
    service = "apigatewayv2"

    def create(self):
        self.physical_resource_id = self.api.create_integration(**self.properties)["IntegrationId"]

    def update(self):
        self.api.update_integration(IntegrationId=self.physical_resource_id, **self.properties)

    def remove(self):
        self.api.delete_integration(
            ApiId=self.properties["ApiId"], IntegrationId=self.physical_resource_id
        )


class Route(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::ApiGatewayV2::Route"
    service = "apigatewayv2"

    def create(self):
        self.physical_resource_id = self.api.create_route(**self.properties)["RouteId"]

    def update(self):
        self.api.update_route(RouteId=self.physical_resource_id, **self.properties)

    def remove(self):
        self.api.delete_route(ApiId=self.properties["ApiId"], RouteId=self.physical_resource_id)


class Stage(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::ApiGatewayV2::Stage"
    service = "apigatewayv2"

    def create(self):
        properties = {**self.properties}
        settings = properties.get("DefaultRouteSettings", {})
        properties["DefaultRouteSettings"] = {k: number_of(v) for k, v in settings.items()}
        self.api.create_stage(**properties)
        self.physical_resource_id = properties["StageName"]

    def update(self):
        # moto has no UpdateStage.
        self.remove()
        self.create()

    def remove(self):
        self.api.delete_stage(ApiId=self.properties["ApiId"], StageName=self.physical_resource_id)


class DomainName(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::ApiGatewayV2::DomainName"
    service = "apigatewayv2"
    attributes = ("RegionalDomainName", "RegionalHostedZoneId")

    def create(self):
        self.api.create_domain_name(**self.properties)
        self.physical_resource_id = self.properties["DomainName"]

    def update(self):
        raise NotImplementedError("moto has no UpdateDomainName")

    def remove(self):
        self.api.delete_domain_name(DomainName=self.physical_resource_id)

    def get_cfn_attribute(self, name):
        # AWS assigns it, and moto does not.
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"d-standin000.execute-api.{self.region}.{suffix}"


class ApiMapping(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::ApiGatewayV2::ApiMapping"
    service = "apigatewayv2"

    def create(self):
        self.physical_resource_id = self.api.create_api_mapping(**self.properties)["ApiMappingId"]

    def update(self):
        self.remove()
        self.create()

    def remove(self):
        self.api.delete_api_mapping(
            ApiMappingId=self.physical_resource_id, DomainName=self.properties["DomainName"]
        )


class Alarm(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::CloudWatch::Alarm"
    service = "cloudwatch"
    attributes = ("Arn",)

    def create(self):
        self.api.put_metric_alarm(**self.properties)
        self.physical_resource_id = self.properties["AlarmName"]

    def update(self):
        self.create()

    def remove(self):
        self.api.delete_alarms(AlarmNames=[self.physical_resource_id])

    def get_cfn_attribute(self, name):
        found = self.api.describe_alarms(AlarmNames=[self.physical_resource_id])
        return found["MetricAlarms"][0]["AlarmArn"]


class EventInvokeConfig(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::Lambda::EventInvokeConfig"
    service = "lambda"

    def create(self):
        properties = {k: v for k, v in self.properties.items() if k != "Qualifier"}
        self.api.put_function_event_invoke_config(**properties)
        self.physical_resource_id = self.properties["FunctionName"]

    def update(self):
        self.remove()
        self.create()

    def remove(self):
        self.api.delete_function_event_invoke_config(FunctionName=self.physical_resource_id)


class BucketPolicy(LackingType, CloudFormationModel):
    """Made of nothing: moto refuses by a policy without looking at its condition (aws:SecureTransport)."""

    __module__ = LackingType.__module__
    type_name = "AWS::S3::BucketPolicy"
    service = "s3"

    def create(self):
        self.physical_resource_id = self.properties["Bucket"]

    def update(self):
        pass

    def remove(self):
        pass


class Secret(LackingType, CloudFormationModel):
    __module__ = LackingType.__module__
    type_name = "AWS::SecretsManager::Secret"
    service = "secretsmanager"

    def create(self):
        wanted = self.properties.get("GenerateSecretString", {})
        value = self.api.get_random_password(**wanted)["RandomPassword"]
        made = self.api.create_secret(
            Name=self.properties.get("Name", self.generated_name),
            Description=self.properties.get("Description", ""),
            SecretString=value,
        )
        self.physical_resource_id = made["ARN"]

    def update(self):
        pass

    def remove(self):
        self.api.delete_secret(SecretId=self.physical_resource_id, ForceDeleteWithoutRecovery=True)


# Properties that moto's CloudFormation does not read. Each function makes them so; it runs after a
# resource was made or changed.


def table_properties(properties, resource, region):
    api = client("dynamodb", region)
    name = resource.physical_resource_id
    current = api.describe_table(TableName=name)["Table"]
    protected = str(properties.get("DeletionProtectionEnabled", False)).lower() == "true"
    if current["DeletionProtectionEnabled"] != protected:
        api.update_table(TableName=name, DeletionProtectionEnabled=protected)
    ttl = api.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if "TimeToLiveSpecification" in properties and ttl["TimeToLiveStatus"] != "ENABLED":
        api.update_time_to_live(
            TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
        )
        report("property", "TimeToLiveSpecification of AWS::DynamoDB::Table")
    if "PointInTimeRecoverySpecification" in properties:
        api.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification=properties["PointInTimeRecoverySpecification"],
        )
        report("property", "PointInTimeRecoverySpecification of AWS::DynamoDB::Table")


def function_properties(properties, resource, region):
    """moto keeps what an update leaves out, and does not change the reserved concurrency."""
    api = client("lambda", region)
    name = resource.function_name
    if resource.architectures != properties.get("Architectures", ["x86_64"]):
        resource.architectures = properties["Architectures"]
        report("property", "Architectures of AWS::Lambda::Function")
    current = api.get_function(FunctionName=name)
    if "VpcConfig" not in properties and current["Configuration"].get("VpcConfig", {}).get("SubnetIds"):
        nowhere = {"SubnetIds": [], "SecurityGroupIds": []}
        api.update_function_configuration(FunctionName=name, VpcConfig=nowhere)
        report("property", "an update without VpcConfig of AWS::Lambda::Function")
    wanted = properties.get("ReservedConcurrentExecutions")
    if wanted != current.get("Concurrency", {}).get("ReservedConcurrentExecutions"):
        if wanted is None:
            api.delete_function_concurrency(FunctionName=name)
        else:
            api.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=int(wanted)
            )
        report("property", "an update of ReservedConcurrentExecutions of AWS::Lambda::Function")


def security_group_properties(properties, resource, region):
    """moto's CloudFormation leaves a group with the rule that lets everything out."""
    api = client("ec2", region)
    found = api.describe_security_groups(GroupIds=[resource.physical_resource_id])
    everything = found["SecurityGroups"][0]["IpPermissionsEgress"]
    wanted = properties.get("SecurityGroupEgress")
    if wanted is None or any("FromPort" in rule for rule in everything):
        return
    of_it = {"GroupId": resource.physical_resource_id}
    api.revoke_security_group_egress(**of_it, IpPermissions=everything)
    for rule in wanted:
        address = {"CidrIp": rule["CidrIp"], "Description": rule.get("Description", "")}
        ports = {"FromPort": int(rule["FromPort"]), "ToPort": int(rule["ToPort"])}
        permission = {"IpProtocol": rule["IpProtocol"], **ports, "IpRanges": [address]}
        api.authorize_security_group_egress(**of_it, IpPermissions=[permission])
    report("property", "SecurityGroupEgress of AWS::EC2::SecurityGroup")


def association_properties(properties, resource, region):
    """moto's CloudFormation leaves the subnet with the main route table."""
    made = client("ec2", region).associate_route_table(**properties)
    resource.association_id = made["AssociationId"]
    report("property", "SubnetId of AWS::EC2::SubnetRouteTableAssociation")


def role_properties(properties, resource, region):
    """moto answers with a policy of a template as Python prints it, which is no JSON."""
    for policy in properties.get("Policies", []):
        client("iam", region).put_role_policy(
            RoleName=resource.name,
            PolicyName=policy["PolicyName"],
            PolicyDocument=json.dumps(policy["PolicyDocument"]),
        )
        report("property", "Policies of AWS::IAM::Role as JSON")


def address_properties(properties, resource, region):
    if "Tags" in properties:
        client("ec2", region).create_tags(
            Resources=[resource.allocation_id], Tags=properties["Tags"]
        )
        report("property", "Tags of AWS::EC2::EIP")


def log_group_properties(properties, resource, region):
    if "RetentionInDays" in properties:
        client("logs", region).put_retention_policy(
            logGroupName=resource.physical_resource_id,
            retentionInDays=int(properties["RetentionInDays"]),
        )


COMPLETE = {
    "AWS::DynamoDB::Table": table_properties,
    "AWS::IAM::Role": role_properties,
    "AWS::EC2::SecurityGroup": security_group_properties,
    "AWS::EC2::SubnetRouteTableAssociation": association_properties,
    "AWS::EC2::EIP": address_properties,
    "AWS::Lambda::Function": function_properties,
    "AWS::Logs::LogGroup": log_group_properties,
}

template_of = responses.get_stack_from_s3_url


def template_in_china(template_url, **where):
    """moto finds no bucket in an address of China."""
    if ".amazonaws.com.cn/" in template_url:
        report("address", "a template of a bucket in China")
    return template_of(template_url.replace(".amazonaws.com.cn/", ".amazonaws.com/"), **where)


findings_of = models.validate_template_cfn_lint


def errors_only(template):
    """moto refuses a template for any finding of cfn-lint; CloudFormation knows no warnings."""
    return [finding for finding in findings_of(template) if finding.rule.id.startswith("E")]


execute = models.CloudFormationBackend.execute_change_set


def execute_change_set(self, change_set_name, stack_name=None):
    """moto leaves a stack with the outputs from before the change set."""
    execute(self, change_set_name, stack_name)
    for stack in self.stacks.values():
        stack._parse_template()
        stack.output_map = stack._create_output_map()
    report("stack", "outputs after a change set")


clean_json = parsing.clean_json
REFERENCE = re.compile(r"\{\{resolve:secretsmanager:(.*)\}\}")


def clean(resource_json, resources_map):
    """moto takes the zones of us-east-1 for those of every region."""
    if isinstance(resource_json, dict) and resource_json.get("Fn::GetAZs") == "":
        report("function", "Fn::GetAZs of the stack's own region")
        resource_json = {"Fn::GetAZs": resources_map["AWS::Region"]}
    value = clean_json(resource_json, resources_map)
    if isinstance(value, str) and (found := REFERENCE.fullmatch(value)):
        report("dynamic reference", "secretsmanager")
        api = client("secretsmanager", resources_map["AWS::Region"])
        return api.get_secret_value(SecretId=found[1])["SecretString"]
    return value


create_resource = parsing.parse_and_create_resource
update_resource = parsing.parse_and_update_resource
delete_resource = parsing.ResourceMap._delete_resource


def complete(resource, resource_json, resources_map, region):
    make = COMPLETE.get(resource_json["Type"])
    if make is not None:
        properties = parsing.clean_json(resource_json, resources_map)["Properties"]
        make(properties, resource, region)


def create(logical_id, resource_json, resources_map, account_id, region_name):
    encryption = resource_json.get("Properties", {}).get("SSESpecification")
    if encryption and "SSEEnabled" in encryption:
        # CloudFormation's name of the property that DynamoDB's API calls Enabled.
        enabled = {"SSESpecification": {"Enabled": encryption["SSEEnabled"]}}
        properties = {**resource_json["Properties"], **enabled}
        resource_json = {**resource_json, "Properties": properties}
        report("property", "SSESpecification.SSEEnabled of AWS::DynamoDB::Table")
    resource = create_resource(logical_id, resource_json, resources_map, account_id, region_name)
    if resource is None:
        report("type that was left out", resource_json["Type"])
    else:
        complete(resource, resource_json, resources_map, region_name)
    return resource


def update(logical_id, resource_json, resources_map, account_id, region_name):
    original = resources_map[logical_id]
    resource = update_resource(logical_id, resource_json, resources_map, account_id, region_name)
    if resource is None:
        # moto would forget the resource.
        resource = original
        if resource_json["Type"] not in COMPLETE:
            report("update", f"{resource_json['Type']} {logical_id}")
    complete(resource, resource_json, resources_map, region_name)
    return resource


# What moto's CloudFormation cannot delete, and in which order the parts of a network go.
REMOVE = {
    "AWS::EC2::Route": lambda api, _, properties: api.delete_route(
        RouteTableId=properties["RouteTableId"],
        DestinationCidrBlock=properties["DestinationCidrBlock"],
    ),
    "AWS::EC2::SubnetRouteTableAssociation": lambda api, resource, _: api.disassociate_route_table(
        AssociationId=resource.association_id
    ),
    "AWS::EC2::NatGateway": lambda api, resource, _: api.delete_nat_gateway(NatGatewayId=resource.id),
    "AWS::EC2::VPCEndpoint": lambda api, resource, _: api.delete_vpc_endpoints(VpcEndpointIds=[resource.id]),
    "AWS::EC2::VPCGatewayAttachment": lambda api, _, properties: api.detach_internet_gateway(
        InternetGatewayId=properties["InternetGatewayId"], VpcId=properties["VpcId"]
    ),
    "AWS::EC2::InternetGateway": lambda api, resource, _: api.delete_internet_gateway(
        InternetGatewayId=resource.id
    ),
    "AWS::EC2::RouteTable": lambda api, resource, _: api.delete_route_table(RouteTableId=resource.id),
}
LAST = [
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Api",
    "AWS::Lambda::Function",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::IAM::Role",
]
ORDER = [*REMOVE, *LAST]


def delete_managed_policy(resource, region):
    api = client("iam", region)
    for role in api.list_entities_for_policy(PolicyArn=resource.arn)["PolicyRoles"]:
        api.detach_role_policy(RoleName=role["RoleName"], PolicyArn=resource.arn)
    api.delete_policy(PolicyArn=resource.arn)


def remove(self, removed, resource_json_of):
    """Deletes resources in an order that suits AWS, and keeps what a DeletionPolicy keeps."""

    def place(name):
        kind = resource_json_of[name]["Type"]
        return ORDER.index(kind) if kind in ORDER else -1

    for name in sorted(removed, key=place):
        resource_json = resource_json_of[name]
        resource = self._parsed_resources.get(name)
        policy = resource_json.get("DeletionPolicy")
        if policy in ("Retain", "RetainExceptOnCreate"):
            report("policy", f"DeletionPolicy {policy}")
        elif resource_json["Type"] == "AWS::IAM::ManagedPolicy":
            delete_managed_policy(resource, self._region_name)
            report("deletion", resource_json["Type"])
        elif resource is not None:
            by_api = REMOVE.get(resource_json["Type"])
            if by_api is None:
                delete_resource(self, resource, resource_json)
            else:
                properties = parsing.clean_json(resource_json, self)["Properties"]
                by_api(client("ec2", self._region_name), resource, properties)
                report("deletion", resource_json["Type"])
    for name in removed:
        self._parsed_resources.pop(name, None)


def update_stack(self, template, parameters=None):
    """As CloudFormation: makes and changes resources, then deletes those that are left out."""
    changes = self.build_resource_diff(template, parameters)
    before = self._resource_json_map
    self._template = template
    self._resource_json_map = {**before, **template["Resources"]}
    if parameters:
        self.input_parameters = parameters
    self.load_mapping()
    self.load_parameters()
    self.load_conditions()
    for name in changes["Add"]:
        self[name]
    for name in changes["Modify"]:
        self._parsed_resources[name] = parsing.parse_and_update_resource(
            name,
            self._resource_json_map[name],
            self,
            account_id=self._account_id,
            region_name=self._region_name,
        )
    remove(self, changes["Remove"], before)
    self._resource_json_map = template["Resources"]
    report("order", "deletions after all other changes of an update")


def delete_stack(self):
    remove(self, list(self._resource_json_map), self._resource_json_map)


def in_partition(make):
    """moto's CloudFormation takes every region for one of the partition aws."""

    def init(self, *args, **kwargs):
        make(self, *args, **kwargs)
        partition = get_partition(self._region_name)
        self._parsed_resources["AWS::Partition"] = partition
        if partition == "aws-cn":
            self._parsed_resources["AWS::URLSuffix"] = "amazonaws.com.cn"
            report("pseudo parameter", "AWS::Partition and AWS::URLSuffix of China")

    return init


parsing.clean_json = clean
models.validate_template_cfn_lint = errors_only
models.CloudFormationBackend.execute_change_set = execute_change_set
responses.get_stack_from_s3_url = template_in_china
parsing.parse_and_create_resource = create
parsing.parse_and_update_resource = update
parsing.ResourceMap.update = update_stack
parsing.ResourceMap.delete = delete_stack
parsing.ResourceMap.__init__ = in_partition(parsing.ResourceMap.__init__)



def end_with_parent():
    """Ends this server if the command that started it has ended without closing it."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
main(["--host", "127.0.0.1", "--port", str(PORT)])
