/*
 * The messages of approvals in full: the deepest that WeCom documents. `sys_approval_change` is of
 * WeCom's own approvals, in the form with ProcessList (document 91815); `open_approval_change` is of
 * a corp's own approval flow (document 90240).
 */

export function approvalEvent(corpId: string, agentId: string, approvers: number): string {
  const subNode = (at: number) => `
            <SubNodeList>
              <UserInfo>
                <UserId><![CDATA[approver${at}]]></UserId>
              </UserInfo>
              <Speech><![CDATA[同意]]></Speech>
              <SpYj>2</SpYj>
              <Sptime>1571732174</Sptime>
              <MediaIds><![CDATA[WWCISP_1]]></MediaIds>
            </SubNodeList>`;
  return `<xml>
  <ToUserName><![CDATA[${corpId}]]></ToUserName>
  <FromUserName><![CDATA[sys]]></FromUserName>
  <CreateTime>1571732272</CreateTime>
  <MsgType><![CDATA[event]]></MsgType>
  <Event><![CDATA[sys_approval_change]]></Event>
  <AgentID>${agentId}</AgentID>
  <ApprovalInfo>
    <SpNo>201910220003</SpNo>
    <SpName><![CDATA[示例模板]]></SpName>
    <SpStatus>1</SpStatus>
    <TemplateId><![CDATA[3TkaH5KFbrG9heEQWLJjhgpFwmqAFB4dLEnapaB7aaa]]></TemplateId>
    <ApplyTime>1571728713</ApplyTime>
    <Applyer>
      <UserId><![CDATA[WuJunJie]]></UserId>
      <Party><![CDATA[1]]></Party>
    </Applyer>
    <SpRecord>
      <SpStatus>1</SpStatus>
      <ApproverAttr>1</ApproverAttr>
      <Details>
        <Approver>
          <UserId><![CDATA[WangXiaoMing]]></UserId>
        </Approver>
        <Speech><![CDATA[]]></Speech>
        <SpStatus>1</SpStatus>
        <SpTime>0</SpTime>
      </Details>
    </SpRecord>
    <Notifyer>
      <UserId><![CDATA[ChengLiang]]></UserId>
    </Notifyer>
    <Comments>
      <CommentUserInfo>
        <UserId><![CDATA[LiuZhi]]></UserId>
      </CommentUserInfo>
      <CommentTime>1571732272</CommentTime>
      <CommentContent><![CDATA[这是一个备注]]></CommentContent>
      <CommentId><![CDATA[6750538708562308220]]></CommentId>
    </Comments>
    <StatuChangeEvent>10</StatuChangeEvent>
    <ProcessList>
      <NodeList>
        <NodeType>1</NodeType>
        <SpStatus>2</SpStatus>
        <ApvRel>3</ApvRel>${Array.from({ length: approvers }, (_, at) => subNode(at)).join('')}
      </NodeList>
    </ProcessList>
  </ApprovalInfo>
</xml>`;
}

export function openApprovalEvent(corpId: string, agentId: string, approvers: number): string {
  const item = (at: number) => `
          <Item>
            <ItemName><![CDATA[xiaohong${at}]]></ItemName>
            <ItemUserId><![CDATA[approver${at}]]></ItemUserId>
            <ItemImage><![CDATA[http://www.qq.com/xxx.png]]></ItemImage>
            <ItemStatus>1</ItemStatus>
            <ItemSpeech><![CDATA[]]></ItemSpeech>
            <ItemOpTime>0</ItemOpTime>
          </Item>`;
  return `<xml>
  <ToUserName><![CDATA[${corpId}]]></ToUserName>
  <FromUserName><![CDATA[sys]]></FromUserName>
  <CreateTime>1527838022</CreateTime>
  <MsgType><![CDATA[event]]></MsgType>
  <Event><![CDATA[open_approval_change]]></Event>
  <AgentID>${agentId}</AgentID>
  <ApprovalInfo>
    <ThirdNo><![CDATA[201806010001]]></ThirdNo>
    <OpenSpName><![CDATA[付款]]></OpenSpName>
    <OpenTemplateId><![CDATA[1234567890]]></OpenTemplateId>
    <OpenSpStatus>1</OpenSpStatus>
    <ApplyTime>1527837645</ApplyTime>
    <ApplyUserName><![CDATA[xiaoming]]></ApplyUserName>
    <ApplyUserId><![CDATA[1]]></ApplyUserId>
    <ApplyUserParty><![CDATA[产品部]]></ApplyUserParty>
    <ApplyUserImage><![CDATA[http://www.qq.com/xxx.png]]></ApplyUserImage>
    <ApprovalNodes>
      <ApprovalNode>
        <NodeStatus>1</NodeStatus>
        <NodeAttr>1</NodeAttr>
        <NodeType>1</NodeType>
        <Items>${Array.from({ length: approvers }, (_, at) => item(at)).join('')}
        </Items>
      </ApprovalNode>
    </ApprovalNodes>
    <NotifyNodes>
      <NotifyNode>
        <ItemName><![CDATA[xiaogang]]></ItemName>
        <ItemUserId><![CDATA[3]]></ItemUserId>
        <ItemImage><![CDATA[http://www.qq.com/xxx.png]]></ItemImage>
      </NotifyNode>
    </NotifyNodes>
    <approverstep>0</approverstep>
  </ApprovalInfo>
</xml>`;
}
